import { parse } from 'yaml'

/** The value of a YAML document. In a file of its own, since the parser is loaded only where there is YAML. */
export function parseYaml(text: string): unknown {
  return parse(text)
}
