export function conditions() {
  const rows = [
    [-1, 'gold'],
    [-2, 'bronze'],
    [3, 'gold'],
    [-4, null],
    [null, 'gold'],
  ]
  const columns = { a: 'double', phase: 'string' }
  const where = (text) => ({ row_condition: text, condition_parser: 'pandas' })
  return [
    {
      name: 'where: rows with a null in the condition are left out',
      rule: { rule: 'range', column: 'a', min: 0, where: "phase = 'gold'" },
      expectation: ['ExpectColumnValuesToBeBetween', { column: 'a', min_value: 0, ...where("phase == 'gold'") }],
      columns,
      rows,
    },
    {
      name: 'where: no row is left',
      rule: { rule: 'notNull', column: 'a', where: "phase = 'silver'" },
      expectation: ['ExpectColumnValuesToNotBeNull', { column: 'a', ...where("phase == 'silver'") }],
      columns,
      rows,
    },
    {
      name: 'where: mostly is of the rows that are left',
      rule: { rule: 'range', column: 'a', min: 0, mostly: 0.5, where: "phase = 'gold'" },
      expectation: [
        'ExpectColumnValuesToBeBetween',
        { column: 'a', min_value: 0, mostly: 0.5, ...where("phase == 'gold'") },
      ],
      columns,
      rows,
    },
  ]
}
