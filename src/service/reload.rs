//! Reloading of files while the service runs: at an interval, and at each SIGHUP.

use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use tokio::select;
use tokio::time::sleep;

use super::signals::ReloadSignals;

/// Files that can be reloaded together. An invalid file changes nothing.
pub(super) struct Reloadable {
    name: String,
    reload: Box<dyn FnMut() -> Result<bool, String> + Send>,
    /// The fault that was logged last, so that it is logged once.
    fault: Option<String>,
}

impl Reloadable {
    /// `reload` reads the files and uses them if they are valid. It tells whether they are new, or why
    /// they cannot be used. It may block.
    pub(super) fn new(
        name: impl Into<String>,
        reload: impl FnMut() -> Result<bool, String> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), reload: Box::new(reload), fault: None }
    }

    /// Reloads the files and logs the outcome; with `is_verbose` also that nothing has changed.
    fn reload(&mut self, is_verbose: bool) {
        let name = &self.name;
        match (self.reload)() {
            Ok(true) => log::info!("{name} reloaded"),
            Ok(false) if is_verbose => log::info!("{name} unchanged"),
            Ok(false) => {}
            Err(fault) => {
                if is_verbose || self.fault.as_ref() != Some(&fault) {
                    log::warn!("{name} not reloaded: {fault}");
                }
                self.fault = Some(fault);
                return;
            }
        }
        self.fault = None;
    }
}

/// Reloads all files at each interval and each signal, as long as it is polled.
pub(super) async fn run(
    mut files: Vec<Reloadable>,
    interval: Duration,
    mut signals: ReloadSignals,
) {
    loop {
        let is_signal = select! {
            () = sleep(interval), if !files.is_empty() => false,
            () = signals.next() => true,
        };
        if files.is_empty() {
            log::info!(
                "SIGHUP: nothing to reload, because no file that can be reloaded is configured"
            );
            continue;
        }
        let reloaded = spawn_blocking(move || {
            files.iter_mut().for_each(|file| file.reload(is_signal));
            files
        });
        files = match reloaded.await {
            Ok(files) => files,
            Err(fault) => {
                log::error!("files are no longer reloaded: {fault}");
                return;
            }
        };
    }
}
