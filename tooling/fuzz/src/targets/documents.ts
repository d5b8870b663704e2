import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Random } from '@forge/fixtures'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { FORMATS, ingestConfig, ingestFile } from '@forge/writer-ingest'
import { DOCUMENT_FOLDERS, readSamples, type Sample } from '../corpus.ts'
import { mutateBytes, mutateEnd } from '../mutate/bytes.ts'
import { mutateJson } from '../mutate/json.ts'
import type { Target } from '../target.ts'

/** Documents that no tool of the samples writes. */
const OWN_SAMPLES: readonly Sample[] = [
  sample(
    'rows.ndjson',
    '{"run_id":"r","phase":"gold","step_name":"a","duration_secs":1.5,"metadata":{"k":[1,{"z":"x"}]}}\n{"run_id":"r","phase":"pipeline"}\n',
  ),
  sample(
    'rows.csv',
    'run_id,phase,step_name,duration_secs,success,start_time,metadata\r\nr,gold,"a ""b""",1.5,t,2024-05-01 10:00:00,"{""k"":1}"\r\nr,gold,c,,f,,\r\n',
  ),
  sample(
    'junit.xml',
    '<?xml version="1.0"?><testsuites><testsuite name="s" tests="2" time="1.5" timestamp="2024-05-01T10:00:00"><testcase classname="c" name="a" time="0.5"/><testcase name="b"><failure message="m">text &amp; more</failure></testcase></testsuite></testsuites>',
  ),
  sample(
    'rows.json',
    '{"rows":[{"run_id":"r","phase":"silver","step_name":"s","rows_processed":9007199254740993,"error_message":"e"}]}',
  ),
]
const DOCUMENTS = [...readSamples(DOCUMENT_FOLDERS, /\.(json|ndjson|csv|xml|gz|GZ)$/), ...OWN_SAMPLES]
const PARQUET = readSamples(DOCUMENT_FOLDERS, /\.parquet$/)

/** Reads mutated documents of every format as ingest does. */
export const documents: Target = {
  name: 'documents',
  async run(random, folder) {
    const { name, bytes } = random.pick(DOCUMENTS)
    const json = random.chance(0.5) ? mutateJson(bytes.toString('utf8'), random) : undefined
    const changed = json === undefined ? mutateBytes(bytes, random, random.pick(DOCUMENTS).bytes) : Buffer.from(json)
    await ingest(join(folder, basename(name)), changed, random)
  },
}

/** Reads mutated Parquet files as ingest does. */
export const parquet: Target = {
  name: 'parquet',
  async run(random, folder) {
    const { name, bytes } = random.pick(PARQUET)
    const changed = random.chance(0.7) ? mutateEnd(bytes, random) : mutateBytes(bytes, random, bytes)
    await ingest(join(folder, basename(name)), changed, random)
  },
}

async function ingest(path: string, bytes: Buffer, random: Random): Promise<void> {
  writeFileSync(path, bytes)
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 'analytics', tableName: 'logs', ...ingestConfig },
  })
  try {
    const format = random.chance(0.2) ? random.pick(FORMATS).format : undefined
    await ingestFile(writer, path, {
      format,
      phases: { '*a*a*b': 'gold' },
      depth: random.pick(['sql', 'step', undefined]),
    })
  } finally {
    await writer.close()
  }
}

function sample(name: string, text: string): Sample {
  return { name, bytes: Buffer.from(text) }
}
