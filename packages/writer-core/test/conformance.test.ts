import { memoryStorage } from '../src/index.ts'
import { testStorage } from '../src/testing/index.ts'

testStorage({ name: 'memory', create: () => memoryStorage(), destroy: () => {} })
