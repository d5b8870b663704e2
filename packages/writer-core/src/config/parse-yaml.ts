import { parse } from 'yaml'

/** Parses a YAML document. This is a file of its own, so that the parser is loaded only for YAML. */
export function parseYaml(text: string): unknown {
  return parse(text)
}
