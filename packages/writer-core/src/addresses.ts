export { addressKind, addressScheme, maskedAddress } from './storage/address-schemes.ts'
