#!/usr/bin/env node
const argv = process.argv.slice(2)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  // Older versions cannot even read the rest of this program.
  process.stderr.write(`error: forge-writer needs Node 20.19 or newer; this is Node ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  // A command that is recorded starts before the rest of this program is loaded.
  const isRecorded = argv[0] === 'record' && (await import('./record/record-early.ts')).recordEarly(argv.slice(1))
  if (!isRecorded) {
    const [{ main }, { processHost }] = await Promise.all([import('./main.ts'), import('./process-host.ts')])
    process.exitCode = await main(argv, processHost())
  }
}

export {}
