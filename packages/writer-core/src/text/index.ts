export { ageText, durationText, durationUnit } from './durations.ts'
export { cutMiddle, firstLine } from './excerpts.ts'
export { bytesText, changeText, countOf, countText, type Figure, percentText, shortCount, UNKNOWN } from './figures.ts'
export { visibleLine, visibleText } from './visible.ts'
