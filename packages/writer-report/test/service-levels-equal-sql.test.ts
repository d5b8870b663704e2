// @module-tag many-cases
import { LONG_HOOK_MS } from '@forge/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant, ms, type SqlRow } from './plain-sql.ts'
import { openSubject, SUBJECTS, type Subject } from './report-and-sql.ts'

const DUE = '07:00'
const START = '04:30'
const LEVELS = [
  {
    ...{ pipeline: '*', minSuccessRatePercent: 95, maxDurationSecs: 900, minDurationSecs: 60 },
    ...{ maxRunsPerHour: 1, maxConcurrentRuns: 1, dueTime: DUE, startBy: START },
  },
]

/** The runs by SQL that is written by hand, with those of the day before the period, which count for what is due first. */
const RUNS = `create temp table levelled as
  with known as (select pipeline_id, run_id, coalesce(bool_or(bad = 0 and good = 0) filter (where phase <> 'pipeline'),
      bool_or(bad = 0 and good = 0)) as unknown from judged group by all),
    ends as (select pipeline_id, run_id, max(coalesce(end_time, run_ended_at)) as ended,
      max(row_start + to_microseconds((1e6 * duration_secs)::bigint)) filter (where coalesce(end_time, run_ended_at) is null) as open
      from log group by all)
  select pipeline_id as pipeline, run_id as run, started, case when ok and unknown then null else ok end as ok,
    greatest(started, coalesce(ended, started), coalesce(open, started)) as ended,
    coalesce(secs, epoch(greatest(started, coalesce(ended, started), coalesce(open, started)) - started)) as secs
  from timed join known using (pipeline_id, run_id) join ends using (pipeline_id, run_id) where started is not null`

describe.each(SUBJECTS)('%s', (_name, kind, setting) => {
  let subject: Subject
  let within = ''
  let before = ''
  beforeAll(async () => {
    subject = await openSubject(kind, setting, { levels: LEVELS })
    const { from, to } = subject.model.about.period
    within = `started >= ${instant(from)} and started < ${instant(to)}`
    before = `started >= ${instant(from)} - interval 1 day and started < ${instant(to)}`
    await subject.ask(RUNS)
  }, LONG_HOOK_MS)
  afterAll(() => subject?.close())

  /** Compares the objectives of one kind with rows of SQL that have `pipeline`, `judged` and `broken`. */
  function expectObjectives(kindOf: string, rows: readonly SqlRow[]): void {
    const found = subject.model.serviceLevels.objectives.filter((each) => each.kind === kindOf)
    const figures = found
      .filter(({ judged }) => judged > 0)
      .map(({ pipeline, judged, broken }) => ({ pipeline, judged, broken }))
    expect(figures).toEqual(rows.filter(({ judged }) => judged !== 0))
    expect(rows.length).toBeGreaterThan(5)
    for (const { judged, broken, keptPercent, requiredPercent, errorBudget } of found) {
      expect(keptPercent).toBe(judged === 0 ? null : ((judged - broken) / judged) * 100)
      expect(errorBudget.allowed).toBeCloseTo((judged * (100 - requiredPercent)) / 100, 9)
      expect(errorBudget.used).toBe(broken)
    }
  }

  test('the success rate is that of the runs of the period whose outcome is known', async () => {
    const rows = await subject.ask(`select pipeline, count(ok) as judged, count(*) filter (where not ok) as broken
      from levelled where ${within} group by 1 order by 1`)
    expectObjectives('successRate', rows)
  })

  test('durations are those of the runs of the period', async () => {
    const of = (
      condition: string,
    ) => `select pipeline, count(secs) as judged, count(*) filter (where ${condition}) as broken
      from levelled where ${within} group by 1 order by 1`
    expectObjectives('maxDuration', await subject.ask(of('secs > 900')))
    expectObjectives('minDuration', await subject.ask(of('ok and secs < 60')))
  })

  test('runs within an hour and at once are counted with those of the day before', async () => {
    // Runs that start together count one after the other.
    const of = (
      others: string,
    ) => `with placed as (select *, row_number() over (partition by pipeline order by started, run) as place
        from levelled where ${before}),
      counted as (select one.pipeline, one.run, one.started, count(other.run) as others from placed one left join placed other
        on other.pipeline = one.pipeline and other.place < one.place and ${others} group by all)
      select pipeline, count(*) as judged, count(*) filter (where others >= 1) as broken from counted where ${within} group by 1 order by 1`
    expectObjectives('runsPerHour', await subject.ask(of('other.started > one.started - interval 1 hour')))
    const runs = of('greatest(other.ended, other.started + interval 1 millisecond) > one.started')
    expectObjectives('concurrentRuns', await subject.ask(runs))
  })

  test.each([
    ['dueTime', DUE, 'ended', 'ok'],
    ['startBy', START, 'started', 'true'],
  ])(
    'the days of %s are those of the period, each judged by the runs since the time of the day before',
    async (kindOf, time, moment, counts) => {
      const { from } = subject.model.about.period
      const end = instant(new Date(subject.now.getTime() + 1).toISOString())
      // A late run for one day is not an early run for the next, which the days say one after the other.
      const rows =
        await subject.ask(`with recursive moments as (select pipeline, ${moment} as moment from levelled where ${before} and ${counts}),
      due_times as (select unnest(generate_series(date_trunc('day', ${instant(from)}) + interval '${time}:00', ${end}, interval 1 day)) as due),
      days as (select pipeline, due, row_number() over (partition by pipeline order by due) as place
        from (select distinct pipeline from levelled) cross join due_times where due >= ${instant(from)} and due < ${end}),
      seen as (select days.pipeline, days.due, days.place, count(moment) filter (where moment > due - interval 1 day and moment <= due) as early,
        min(moment) filter (where moment > due) as late from days left join moments on moments.pipeline = days.pipeline group by 1, 2, 3),
      counted as (select *, coalesce(late <= due + interval 12 hours, false) as is_late from seen),
      kept as (select pipeline, place, early > 0 as kept, is_late from counted where place = 1
        union all select c.pipeline, c.place, c.early - (case when not k.kept and k.is_late and c.early > 0 then 1 else 0 end) > 0, c.is_late
        from kept k join counted c on c.pipeline = k.pipeline and c.place = k.place + 1)
      select pipeline, count(*) as judged, count(*) filter (where not kept) as broken from kept group by 1 order by 1`)
      expectObjectives(kindOf, rows)
    },
  )

  test('each breach that is shown is that of a run, or of a day without one', async () => {
    const runs = await subject.ask('select pipeline, run, started, ended, secs, ok from levelled')
    const byKey = new Map(runs.map((row) => [JSON.stringify([row.pipeline, row.run]), row]))
    let seen = 0
    for (const { kind: of, pipeline, breaches } of subject.model.serviceLevels.objectives) {
      for (const { runId, at } of breaches) {
        const run = runId === null ? undefined : byKey.get(JSON.stringify([pipeline, runId]))
        if (of === 'dueTime' || of === 'startBy') {
          expect(at.slice(11, 16)).toBe(of === 'dueTime' ? DUE : START)
          if (run) expect(Number(of === 'dueTime' ? run.ended : run.started)).toBeGreaterThan(ms(at) ?? Number.NaN)
        } else {
          expect(run?.started).toBe(ms(at))
          if (of === 'successRate') expect(run?.ok).toBe(false)
          if (of === 'maxDuration') expect(Number(run?.secs)).toBeGreaterThan(900)
        }
        seen++
      }
    }
    expect(seen).toBeGreaterThan(20)
  })

  test('the timeline has a flag for each due time of the last day, and a missed one exactly if its day is broken', async () => {
    const { timeline, serviceLevels } = subject.model
    const pipelines = subject.model.pipelines.pipelines.map(({ pipeline }) => pipeline).toSorted()
    expect(timeline.due.map(({ pipeline }) => pipeline).toSorted()).toEqual(pipelines)
    for (const { pipeline, at, isKept } of timeline.due) {
      const days = serviceLevels.objectives.find((each) => each.kind === 'dueTime' && each.pipeline === pipeline)
      expect(isKept).toBe(!days?.breaches.some((breach) => breach.at === at))
    }
  })
})
