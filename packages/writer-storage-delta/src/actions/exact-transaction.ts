import type { SetTransaction } from './actions.ts'

/**
 * Returns the transaction in `text` with every digit of its version. Other engines use numbers such as 20240101120000123, which a double cannot hold.
 */
export function exactTransaction(txn: SetTransaction, text: string): SetTransaction {
  if (Number.isSafeInteger(txn.version)) return txn
  // Inside a string the quotes would be escaped.
  const exactVersion = /"version"\s*:\s*(-?\d+)/.exec(text)?.[1]
  return exactVersion === undefined ? txn : { ...txn, exactVersion }
}

/** Returns the JSON text of the action with every digit of its version. */
export function transactionText({ exactVersion, ...txn }: SetTransaction): string {
  const text = JSON.stringify({ txn: exactVersion === undefined ? txn : { ...txn, version: 0 } })
  return exactVersion === undefined ? text : text.replace('"version":0', `"version":${exactVersion}`)
}
