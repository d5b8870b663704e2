import type { FailureGroup, RunFacts, RunStep, RunViewed } from '@forge/writer-analytics'
import type { ReportModel } from './report-model.ts'

const REDACTED = '[left out]'

/** Returns the model without error messages and without the metadata of runs, which may hold both. */
export function redactModel(model: ReportModel): ReportModel {
  return {
    ...model,
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
    running: model.running.map((work) => ({ ...work, command: null })),
    pipelinePages: model.pipelinePages.map(({ state, grid, ...page }) => ({
      ...page,
      state: {
        ...state,
        lastRun: redactFacts(state.lastRun),
        lastSuccess: state.lastSuccess && redactFacts(state.lastSuccess),
      },
      grid: { ...grid, runs: grid.runs.map(redactFacts) },
    })),
    runPages: model.runPages.map(redactRun),
    comparisons: model.comparisons.map((compared) => ({
      ...compared,
      steps: compared.steps.map((step) => ({ ...step, a: redactStep(step.a), b: redactStep(step.b) })),
    })),
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
      a: redactStep(difference.a),
      b: redactStep(difference.b),
    })),
  }
}

function redactStep(step: RunStep | null): RunStep | null {
  return step && { ...step, errorMessage: step.errorMessage && REDACTED }
}

function redact(message: string): string {
  return message === '' ? '' : REDACTED
}
