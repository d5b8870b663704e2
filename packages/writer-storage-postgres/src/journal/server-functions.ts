import { NOT_AS_KNOWN } from '../connection/server-errors.ts'
import { literalSql } from '../sql/literals.ts'

/** The part of a table's mark that describes one column of `pg_attribute a`. */
export const COLUMN_MARK = `a.atttypid::text || ' ' || a.atttypmod::text || ' ' || a.attnotnull::text || ' ' || a.attname`

/** Returns the mark of a table, in the order of its columns. A change of a column or its comment changes it. */
export function tableMark(
  columns: readonly { readonly mark: string; readonly comment: string | null | undefined }[],
): string {
  const comments = columns.flatMap(({ comment }) => comment ?? [])
  return [...columns.map(({ mark }) => mark), ...comments].join('\n')
}

/**
 * The functions of a write that knows its table: with them an append is one round trip, and the server plans their statements once per connection. A
 * function whose arguments or meaning change gets another name, as releases share a server. They use indexes whatever size the journal had when its
 * statements were planned.
 */
export const CREATE_FUNCTIONS = `create or replace function "forge_writer"."begin_append_1"(
  own_relation text, own_mark text, own_lock bigint, own_timeout integer, own_hash bytea
) returns void language plpgsql set enable_seqscan = off as $function$
begin
  perform set_config('lock_timeout', own_timeout::text, true);
  perform pg_advisory_xact_lock_shared(own_lock);
  perform 1 from "forge_writer"."versions" v where v.batch_hash = own_hash;
  if found then
    raise exception 'the batch is stored' using errcode = '${NOT_AS_KNOWN}';
  end if;
  if own_mark is distinct from (
    select string_agg(t.mark, E'\\n') from (
      (select ${COLUMN_MARK} as mark from pg_attribute a
       where a.attrelid = own_relation::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum)
      union all
      (select d.description from pg_description d
       where d.objoid = own_relation::regclass and d.classoid = 'pg_class'::regclass and d.objsubid > 0 order by d.objsubid)
      union all
      (select i.inhrelid::text from pg_inherits i where i.inhparent = own_relation::regclass order by i.inhrelid)
    ) t
  ) then
    raise exception 'the table has changed' using errcode = '${NOT_AS_KNOWN}';
  end if;
end $function$;
create or replace function "forge_writer"."add_version_1"(
  own_schema text, own_name text, own_relation text, own_lock bigint, own_operation text, own_batch text, own_hash bytea, inserted bigint,
  updated bigint, deleted bigint, skipped bigint, own_writer text, own_run text, own_note text
) returns "forge_writer"."versions" language plpgsql set enable_seqscan = off as $function$
declare
  added "forge_writer"."versions"%rowtype;
  last_version bigint;
  last_rows bigint;
begin
  perform pg_advisory_xact_lock(own_lock);
  select v.version, v.row_count into last_version, last_rows from "forge_writer"."versions" v
    where v.table_schema = own_schema and v.table_name = own_name order by v.version desc limit 1;
  if last_version is null then
    execute 'select count(*) from ' || own_relation into last_rows;
  else
    last_rows := last_rows + inserted - deleted;
  end if;
  insert into "forge_writer"."versions" (table_schema, table_name, version, committed_at, operation, batch_id, batch_hash, row_count,
      size_bytes, rows_inserted, rows_updated, rows_deleted, rows_skipped, writer, run_id, note)
    values (own_schema, own_name, coalesce(last_version, -1) + 1, clock_timestamp(), own_operation, own_batch, own_hash, last_rows,
      pg_relation_size(own_relation::regclass) + coalesce((select sum(pg_relation_size(i.inhrelid)) from pg_inherits i
        where i.inhparent = own_relation::regclass), 0), inserted, updated, deleted, skipped, own_writer, own_run, own_note)
    returning * into added;
  return added;
end $function$`

/** The signatures of the functions, for the look-up that finds out whether they exist. */
export const FUNCTION_SIGNATURES = [
  '"forge_writer"."begin_append_1"(text, text, bigint, integer, bytea)',
  '"forge_writer"."add_version_1"(text, text, text, bigint, text, text, bytea, bigint, bigint, bigint, bigint, text, text, text)',
] as const

/** What an append knows of its table, and its batch. */
export interface AppendStart {
  readonly sqlName: string
  readonly mark: string
  /** The key of the advisory lock of the table, as SQL. */
  readonly lockKey: string
  readonly lockTimeoutMs: number
  readonly batchHash: Buffer
}

/** Returns the statement that shares the table, and fails with {@link NOT_AS_KNOWN} if the batch is stored or the table has another mark. */
export function beginAppendSql({ sqlName, mark, lockKey, lockTimeoutMs, batchHash }: AppendStart): string {
  const texts = [sqlName, mark].map(literalSql)
  return `select "forge_writer"."begin_append_1"(${texts.join(', ')}, ${lockKey}, ${lockTimeoutMs}, ${literalSql(batchHash)})`
}
