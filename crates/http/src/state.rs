//! The state that handlers share.

use std::sync::Arc;

use freehold_app::App;

use crate::middleware::metrics::{Metrics, StoreCounters};
use crate::settings::HttpSettings;

/// The state that handlers share: the application, the settings and the metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    settings: HttpSettings,
    metrics: Arc<Metrics>,
}

impl AppState {
    pub(crate) fn new(app: App, settings: HttpSettings) -> Self {
        let app_for_metrics = app.clone();
        let metrics = Arc::new(Metrics::new(move || StoreCounters {
            round_trips: app_for_metrics.store_round_trips(),
            statements: app_for_metrics.store_statements(),
        }));
        Self(Arc::new(Inner {
            app,
            settings,
            metrics,
        }))
    }

    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }
}
