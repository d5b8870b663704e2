/** The sign for a figure that is not known, which is not 0. */
export const UNKNOWN = '–'
