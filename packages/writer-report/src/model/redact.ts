import type { FailureGroup, RunFacts, RunViewed } from '@forge/writer-analytics'
import type { ReportModel } from './report-model.ts'

const REDACTED = '[left out]'

/** Returns the model without error messages and without the metadata of runs, which may hold both. */
export function redactModel(model: ReportModel): ReportModel {
  return {
    ...model,
    summary: { ...model.summary, failures: redactFailures(model.summary.failures) },
    failures: redactFailures(model.failures),
    findings: model.findings.map((anomaly) =>
      anomaly.type === 'error_cluster' ? { ...anomaly, description: REDACTED } : anomaly,
    ),
    timeline: { ...model.timeline, runs: model.timeline.runs.map(redactFacts) },
    pipelines: {
      ...model.pipelines,
      pipelines: model.pipelines.pipelines.map((state) => ({
        ...state,
        lastRun: redactFacts(state.lastRun),
        lastSuccess: state.lastSuccess && redactFacts(state.lastSuccess),
      })),
    },
    pipelinePages: model.pipelinePages.map(({ state, grid }) => ({
      state: {
        ...state,
        lastRun: redactFacts(state.lastRun),
        lastSuccess: state.lastSuccess && redactFacts(state.lastSuccess),
      },
      grid: { ...grid, runs: grid.runs.map(redactFacts) },
    })),
    runPages: model.runPages.map(redactRun),
  }
}

function redactFailures(failures: ReportModel['failures']): ReportModel['failures'] {
  return {
    ...failures,
    groups: failures.groups.map((group): FailureGroup => ({ ...group, message: redact(group.message) })),
  }
}

function redactFacts(facts: RunFacts): RunFacts {
  return { ...facts, errorMessage: facts.errorMessage && REDACTED }
}

function redactRun(view: RunViewed): RunViewed {
  return {
    ...view,
    run: { ...view.run, errorMessage: view.run.errorMessage && REDACTED, details: {} },
    lastGoodRun: view.lastGoodRun && redactFacts(view.lastGoodRun),
    steps: view.steps.map((step) => ({
      ...step,
      errorMessage: step.errorMessage && REDACTED,
      executions: step.executions.map((attempt) => ({ ...attempt, errorMessage: attempt.errorMessage && REDACTED })),
    })),
    differences: view.differences.map((difference) => ({
      ...difference,
      a: difference.a && { ...difference.a, errorMessage: difference.a.errorMessage && REDACTED },
      b: difference.b && { ...difference.b, errorMessage: difference.b.errorMessage && REDACTED },
    })),
  }
}

function redact(message: string): string {
  return message === '' ? '' : REDACTED
}
