import { memoryStorage } from '@forge/writer-core'
import { testStorage } from '../src/testing/index.ts'

testStorage({ name: 'memory', create: () => memoryStorage() })
