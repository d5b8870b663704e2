import type { DoctorOptions, DoctorReport } from '@forge/writer-core'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import type { TableHost } from '../file/table-host.ts'
import { contentChecks } from './content-checks.ts'
import { failedOpening, surroundingChecks } from './file-checks.ts'

/** Checks for damage and loss while it holds the file. Changes nothing. `deep` also reads every value. */
export async function doctorFile(
  { database, deadline }: TableHost,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  assertMethodOptions('doctor', options)
  const { deep = false } = options
  const { path } = database
  try {
    return await database.use(
      async (file) => doctorReport([...surroundingChecks(path), ...(file ? await contentChecks(file, { deep }) : [])]),
      { deadline: deadline(), create: false },
    )
  } catch (error) {
    return doctorReport([...surroundingChecks(path), failedOpening(path, error)])
  }
}
