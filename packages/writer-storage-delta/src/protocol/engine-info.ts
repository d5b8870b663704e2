/** How commits name this engine. */
export const ENGINE_INFO = 'forge-writer'
