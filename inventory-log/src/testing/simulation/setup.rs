//! Set-up of a run: how its engine is configured.

use inventory_core::engine::Settings;
use inventory_core::machine::WindowLimits;

use super::Choices;
use crate::file::FileOptions;

/// What an embedder would choose.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Sizes of files.
    pub files: FileOptions,
    /// Window and retention.
    pub settings: Settings,
}

impl Default for Setup {
    /// A few entries fill a segment, a group spans sectors, and the log gives up what a snapshot covers.
    fn default() -> Self {
        Self {
            files: FileOptions::new()
                .with_segment_bytes(1_500)
                .with_reserve_bytes(700)
                .with_prefill_bytes(400),
            settings: Settings::default()
                .with_window(
                    WindowLimits::default()
                        .with_age_ms(60_000)
                        .with_keys_max(24),
                )
                .with_retain_events(Some(2)),
        }
    }
}

impl Setup {
    pub(super) fn draw(choices: &mut Choices) -> Self {
        let mut setup = Self::default();
        setup.files.segment_bytes = choices.of(&[1_500, 700, 3_000, 1 << 20]);
        setup.files.reserve_bytes = choices.of(&[700, 64, 2_000]);
        setup.files.prefill_bytes = choices.of(&[400, 0, 1_500]);
        setup.settings.retain_events = choices.of(&[Some(2), None, Some(0), Some(20)]);
        let window = &mut setup.settings.window;
        window.keys_max = choices.of(&[24, 6, 2, 1_000]);
        window.age_ms = choices.of(&[60_000, 60_000, 1_000, 3_600_000]);
        if choices.once_in(4) {
            window.keys_max = 1_000;
            window.bytes_max = choices.of(&[600, 3_000, 12_000]);
        }
        setup
    }

    /// Whether keys, and what has ended, are forgotten for the bytes that they take.
    pub(super) fn is_short_of_bytes(&self) -> bool {
        self.settings.window.bytes_max < WindowLimits::default().bytes_max
    }
}
