import type { AlertSettings } from '@forge/writer-core'
import type { SettingOrigin } from './settings.ts'

/** Masks the secrets that a text names, such as `--token x` or the user and password of an address. */
type MaskText = (text: string) => string

/**
 * Returns a setting as it may be printed, also into the log of a build: without passwords, tokens, and addresses that anybody who knows them can
 * use.
 */
export function shownSetting(setting: SettingOrigin, mask: MaskText): SettingOrigin {
  const { value } = setting
  const isAlerts = setting.setting === 'alerts' && Array.isArray(value)
  return { ...setting, value: isAlerts ? value.map((alert) => shownAlert(alert, mask)) : maskTexts(value, mask) }
}

function shownAlert({ to, linkTemplate, apiUrl, ...rest }: AlertSettings, mask: MaskText): Record<string, unknown> {
  const { kind, ...others } = maskTexts(rest, mask) as Omit<AlertSettings, 'to'>
  return {
    kind,
    to: destination(kind, to, mask),
    ...others,
    ...(linkTemplate !== undefined && { linkTemplate: withoutQuery(linkTemplate, mask) }),
    ...(apiUrl !== undefined && { apiUrl: withoutQuery(apiUrl, mask) }),
  }
}

/** Returns the destination of alerts: the host of an address, the program of a command. */
function destination(kind: AlertSettings['kind'], to: string, mask: MaskText): string {
  if (kind === 'command') {
    const [program = '', ...args] = to.trim().split(/\s+/)
    const shown = program.includes('=') ? `${program.slice(0, program.indexOf('='))}=…` : mask(program)
    return args.length > 0 ? `${shown} …` : shown
  }
  const url = URL.canParse(to) ? new URL(to) : undefined
  if (url?.host) return `${url.protocol}//${url.host}/…`
  const isPublic = kind === 'email' ? !to.includes('/') : kind === 'slack' && /^[#@]?(?!xox)[\w.-]{1,80}$/.test(to)
  return isPublic ? mask(to) : '…'
}

/** Returns an address without user, query and fragment. */
function withoutQuery(address: string, mask: MaskText): string {
  const end = address.search(/[?#]/)
  return mask(end === -1 ? address : `${address.slice(0, end)}${address[end]}…`)
}

function maskTexts(value: unknown, mask: MaskText): unknown {
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map((each) => maskTexts(each, mask))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, maskTexts(each, mask)]))
}
