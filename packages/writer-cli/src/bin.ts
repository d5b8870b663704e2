#!/usr/bin/env node
const argv = process.argv.slice(2)
// A command that is recorded starts before the rest of this program is loaded.
const isRecorded = argv[0] === 'record' && (await import('./record/record-early.ts')).recordEarly(argv.slice(1))
if (!isRecorded) {
  const [{ main }, { processHost }] = await Promise.all([import('./main.ts'), import('./process-host.ts')])
  process.exitCode = await main(argv, processHost())
}

export {}
