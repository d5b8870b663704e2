select 1 as id, 1 as customer_id
union all
select 2, 1 from {{ ref('customers') }} where id = 1
