import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { controlGroup } from '../src/process/control-group.ts'

test('the peak of a control group counts only if nobody else is in it', () => {
  const root = newFolder()
  const [proc, folder] = [join(root, 'cgroup'), join(root, 'job.scope')]
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
  writeFileSync(proc, '4:memory:/other\n0::/job.scope\n')
  expect(controlGroup({ proc, root })).toBeUndefined()
  mkdirSync(folder)
  put('memory.peak', '73400320\n')
  put('cgroup.procs', '10\n11\n')
  const group = controlGroup({ proc, root })
  expect(group?.peakBytes(new Set([10, 11, 12]))).toBe(73_400_320)
  expect(group?.peakBytes(new Set([10]))).toBeUndefined()
  put('cgroup.procs', '')
  put('memory.peak', 'max\n')
  expect(group?.peakBytes(new Set([10]))).toBeUndefined()
})
