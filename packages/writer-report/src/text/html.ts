import { raw, html as tagged } from 'hono/html'

/** Markup whose values are escaped. */
export type Html = ReturnType<typeof raw>

/** The values of a template: text and numbers are escaped, markup is not; null, undefined and false are left out. */
export type HtmlValue = Html | string | number | boolean | null | undefined | readonly HtmlValue[]

/** Returns markup with its values escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  // The tag returns a promise only if a value is one.
  return tagged(strings, ...values) as Html
}

/** Returns text that is markup already, and was made here. */
export function markup(text: string): Html {
  return raw(text)
}
