export type { ServerOptions } from './context/server-options.ts'
export { createServerHandler, type ServerHandler } from './handler/create-server-handler.ts'
export type { Problem, ProblemCode } from './http/problem.ts'
export { DEFAULT_PORT, type RunningServer, type ServeOptions, serve } from './serve/serve.ts'
