import { defineConfig } from 'tsup'
import { buildLauncher, LATE_ENTRIES } from './launcher.ts'
import { esmBuild } from './tsup.config.ts'

/** The build of the package of the command: that of every package, with the launcher of the command. */
export default defineConfig({
  ...esmBuild(),
  entry: { index: 'src/index.ts', bin: 'src/bin.ts', ...LATE_ENTRIES },
  onSuccess: () => buildLauncher({ main: 'bin.js' }),
})
