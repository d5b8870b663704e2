import type { SetTransaction } from './actions.ts'

/** The transaction that `text` says, every digit of its version kept: other engines use numbers such as 20240101120000123, which are no doubles. */
export function exactTransaction(txn: SetTransaction, text: string): SetTransaction {
  if (Number.isSafeInteger(txn.version)) return txn
  // Inside of a text the quotes would be escaped.
  const exactVersion = /"version"\s*:\s*(-?\d+)/.exec(text)?.[1]
  return exactVersion === undefined ? txn : { ...txn, exactVersion }
}

/** The JSON text of the action, with every digit of its version. */
export function transactionText({ exactVersion, ...txn }: SetTransaction): string {
  const text = JSON.stringify({ txn: exactVersion === undefined ? txn : { ...txn, version: 0 } })
  return exactVersion === undefined ? text : text.replace('"version":0', `"version":${exactVersion}`)
}
