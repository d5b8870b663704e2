import type { ParameterList } from './parameters.ts'

/** Matches JSON whose text is the same in core: whole numbers, and lists and objects of plain texts without spaces between them. */
const SAME_TEXT = String.raw`^(\[|\]|\{|\}|[:,]|true|false|null|-?[1-9][0-9]*|0|"[^"\\]*")*$`

/**
 * Returns the text of a top-level key of a json column. Of duplicate keys the first counts, while the operator `->` takes the last: it is used only if
 * the key occurs once, and texts without the key are not parsed. Fails if the server prints the value in another way than core.
 */
export function jsonFieldSql(column: string, key: string, list: ParameterList): string | undefined {
  if (key.includes('\0')) return undefined
  const [quoted, name] = [list.add(JSON.stringify(key), 'text'), list.add(key, 'text')]
  const text = `${column}::text`
  const hasEscapes = String.raw`strpos(${text}, '\') > 0`
  const value = `case when strpos(${text}, ${quoted}) = 0 and not ${hasEscapes} then null
    when json_typeof(${column}) <> 'object' then null
    when ${hasEscapes} or strpos(substr(${text}, strpos(${text}, ${quoted}) + 1), ${quoted}) > 0 then
      (select e.value from json_each(${column}) with ordinality as e(key, value, place) where e.key = ${name} order by e.place limit 1)
    else ${column} -> ${name} end`
  // The cast fails for every text.
  return `(select case json_typeof(f.value) when 'null' then null when 'string' then f.value #>> '{}' when 'boolean' then f.value::text
    else case when f.value::text ~ '${SAME_TEXT}' then f.value::text else (f.value::text || '?')::integer::text end
    end from (select ${value} as value offset 0) as f) collate "C"`
}
