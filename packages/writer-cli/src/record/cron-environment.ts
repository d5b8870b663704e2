import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { DoctorCheck } from '@forge/writer-core'

type Environment = Readonly<Record<string, string | undefined>>

/** The variables that cron sets for the commands of users, unless a crontab sets others. */
const CRON_PATH = '/usr/bin:/bin'
const CRON_VARIABLES = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'USER']
/** Variables on whose values commands depend, so that they run differently without them. */
const RELEVANT =
  /^(LANG|LC_|TZ$|NODE_|PYTHON|VIRTUAL_ENV|CONDA|JAVA_HOME|DBT_|AWS_|GOOGLE_|AZURE_|DATABASE_URL|PG|FORGE_WRITER_|SSH_AUTH_SOCK|HTTPS?_PROXY|NO_PROXY)/i
/** The programs that jobs use most often. */
const PROGRAMS = ['forge-writer', 'node', 'python3', 'dbt', 'docker', 'aws', 'psql']

/** Compares the environment of a command line with the one that cron gives to a command: what works here may not be found there. */
export function cronChecks(env: Environment): DoctorCheck[] {
  const missing = PROGRAMS.filter((name) => isIn(env.PATH ?? '', name) && !isIn(CRON_PATH, name))
  const unset = Object.keys(env)
    .filter((name) => env[name] && RELEVANT.test(name) && !CRON_VARIABLES.includes(name))
    .toSorted()
  return [
    {
      name: 'programs',
      status: missing.length === 0 ? 'ok' : 'warning',
      detail:
        missing.length === 0
          ? `cron finds the programs of this command line in ${CRON_PATH}`
          : `cron does not find ${missing.join(', ')} in ${CRON_PATH}`,
      ...(missing.length > 0 && { suggestion: `Add a line to the crontab: PATH=${env.PATH}` }),
    },
    {
      name: 'variables',
      status: unset.length === 0 ? 'ok' : 'warning',
      detail:
        unset.length === 0 ? 'no variable that jobs need is set only here' : `cron does not set ${unset.join(', ')}`,
      ...(unset.length > 0 && { suggestion: 'Set them in the crontab, or in a script that the job runs.' }),
    },
    {
      name: 'shell',
      status: env.SHELL === undefined || env.SHELL === '/bin/sh' ? 'ok' : 'warning',
      detail: `cron runs commands with /bin/sh${env.SHELL && env.SHELL !== '/bin/sh' ? `, not with ${env.SHELL}, and reads no profile` : ''}`,
    },
  ]
}

function isIn(path: string, name: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}
