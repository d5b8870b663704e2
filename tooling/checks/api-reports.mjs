// Compares the public API of every package, as built, with its report in `packages/*/api`, so that a change of the surface is seen in review.
// `npm run api` writes the reports again; `--write` does the same here.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const isWriting = process.argv.includes('--write')
const SILENT = { default: { logLevel: 'none' } }

const temporary = mkdtempSync(join(tmpdir(), 'forge-api-'))
const problems = []
try {
  for (const { name, folder, entries } of publicPackages()) {
    const reports = entries.map(({ entry, types }) => {
      const report = `${entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-')}.api.md`
      if (!isSame({ folder, types, report })) problems.push(`${name}: ${join('packages', folder, 'api', report)}`)
      return report
    })
    dropOthers(folder, reports)
  }
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
if (problems.length > 0) {
  process.stdout.write(`the public API is not as reported:\n  ${problems.join('\n  ')}\n`)
  process.stdout.write('Run `npm run api`, and look at the difference: it is what users will see.\n')
  process.exitCode = 1
}

/** Returns the packages that are published, each with the entries that have types. */
function publicPackages() {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
    if (manifest.private) return []
    const entries = Object.entries(manifest.exports).flatMap(([entry, { types }]) => (types ? [{ entry, types }] : []))
    return [{ name: manifest.name, folder, entries }]
  })
}

/** Returns whether a report equals the API, and writes it if that is asked for. */
function isSame({ folder, types, report }) {
  const projectFolder = join(root, 'packages', folder)
  const reportFolder = join(projectFolder, 'api')
  mkdirSync(reportFolder, { recursive: true })
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, types),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: compilerOptions(), files: [join(projectFolder, types)] } },
      apiReport: { enabled: true, reportFileName: report, reportFolder, reportTempFolder: temporary },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: SILENT, tsdocMessageReporting: SILENT },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
  })
  const result = Extractor.invoke(config, { localBuild: isWriting, messageCallback: silenceReports })
  return isWriting ? result.errorCount === 0 : result.succeeded && !result.apiReportChanged
}

/** Silences what this script reports on its own; problems of the compiler are still shown. */
function silenceReports(message) {
  if (message.category === 'console') message.logLevel = 'none'
}

/** Reports, or deletes, reports of entries that no longer exist. */
function dropOthers(folder, reports) {
  const path = join(root, 'packages', folder, 'api')
  for (const file of readdirSync(path).filter((each) => !reports.includes(each))) {
    if (isWriting) rmSync(join(path, file))
    else problems.push(`${folder}: ${file} has no entry`)
  }
}

function compilerOptions() {
  return {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  }
}
