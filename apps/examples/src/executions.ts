import type { ExecutionContext, ExecutionResult, StepResult } from '@forge/writer-core'

/** Creates the context of a pipeline run. */
export function makeContext(executionId = 'exec-123', pipelineId = 'my-pipeline'): ExecutionContext {
  return {
    mode: 'initial',
    startTime: new Date('2024-01-01T10:00:00Z'),
    executionId,
    pipelineId,
    schema: 'analytics',
  }
}

export function makeStep(change: Partial<StepResult> = {}): StepResult {
  return {
    stepName: 'bronze_extract',
    phase: 'bronze',
    startTime: new Date('2024-01-01T10:00:00Z'),
    endTime: new Date('2024-01-01T10:00:10Z'),
    durationSecs: 10,
    rowsProcessed: 1000,
    rowsWritten: 950,
    validationRate: 95,
    success: true,
    ...change,
  }
}

export function makeExecution(executionId = 'exec-123', steps: readonly StepResult[] = [makeStep()]): ExecutionResult {
  return { success: true, context: makeContext(executionId), stepResults: steps, totalDurationSecs: 10 }
}
