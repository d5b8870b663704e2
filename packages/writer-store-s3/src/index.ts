export type { S3CredentialProvider, S3Credentials } from './s3-credentials.ts'
export type { S3ConnectionOptions } from './s3-settings.ts'
export { type S3StoresOptions, s3Stores, s3StoresAt } from './s3-stores.ts'
export { storageAt } from './storage-at.ts'
