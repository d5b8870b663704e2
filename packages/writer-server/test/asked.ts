/** The addresses of every question, with the parameters that it needs. */
export const ASKED: Readonly<Record<string, readonly string[]>> = {
  '/table': ['/table'],
  '/pipelines': [
    '/pipelines',
    '/pipelines?owner=ana&runs=5',
    '/pipelines?tag=finance&tag=hourly',
    '/pipelines?pipeline=in*&limit=1',
  ],
  '/grid': ['/grid?pipeline=orders', '/grid?pipeline=nothing', '/grid?pipeline=inventory&runs=3&steps=2'],
  '/runs': [
    '/runs',
    '/runs?outcome=failed&outcome=unknown&limit=3',
    '/runs?days=2&q=discount',
    '/runs?from=2026-02-20&to=2026-02-21T12:00:00Z',
    '/runs?mode=incremental&owner=bo',
  ],
  '/runs/{runId}': ['/runs/inventory-2026-03-02', '/runs/orders-2026-03-01'],
  '/compare': ['/compare?a=inventory-2026-02-25&b=inventory-2026-03-02'],
  '/summary': ['/summary', '/summary?days=3&by=pipeline&by=step&top=3', '/summary?pipeline=nothing'],
  '/failures': ['/failures', '/failures?days=2&top=1'],
  '/trends': ['/trends', '/trends?bucket=week', '/trends?pipeline=nothing'],
  '/quality': ['/quality', '/quality?pipeline=orders&bucket=week', '/quality?pipeline=nothing'],
  '/service-levels': ['/service-levels', '/service-levels?days=5'],
  '/anomalies': ['/anomalies', '/anomalies?pipeline=orders&days=3&limit=2'],
}
