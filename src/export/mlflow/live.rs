//! Sends a run while it goes on: the run itself at first, then its new points.

use serde_json::json;

use super::client::Server;
use super::plan::{RunPlan, STATE_TAG};
use super::writer::{API, Marks, Place, Sending, mark, pair};
use crate::error::Result;

/// A run that is sent while it goes on; [`super::send`] completes it, now or at any later time.
#[derive(Default)]
pub struct Live {
    place: Option<Place>,
    there: Marks,
}

impl Live {
    /// Sends what the plan holds beyond what was sent before, and gives how many points that were.
    ///
    /// # Errors
    /// As [`super::send`]. Whatever arrived is looked up the next time.
    pub fn send(&mut self, server: &Server, plan: &RunPlan) -> Result<usize> {
        let mut step = |_: &str| true;
        let sending = Sending::new(server, plan, &mut step);
        let sent = self.send_new(sending);
        if sent.is_err() {
            *self = Self::default();
        }
        sent
    }

    fn send_new(&mut self, mut sending: Sending<'_>) -> Result<usize> {
        let mut place = match self.place.take() {
            Some(place) => place,
            None => self.begin(&mut sending)?,
        };
        sending.numbers_beyond(&place, &self.there)?;
        let (plan, sent) = (sending.plan, sending.points);
        self.there.extend(plan.metrics.iter().map(mark));
        for (kind, pairs) in [("params", &plan.params), ("tags", &plan.tags)] {
            place.known["data"][kind] = pairs.iter().map(pair).collect();
        }
        self.place = Some(place);
        Ok(sent)
    }

    /// Makes the run, or takes up the one that is there.
    fn begin(&mut self, sending: &mut Sending<'_>) -> Result<Place> {
        let experiment = sending.experiment()?;
        let place = match sending.find(&experiment)? {
            Some(place) => {
                self.there = sending.history(&place.run_id)?;
                let (run, status) = (&place.run_id, &sending.plan.status);
                sending.server.post(&format!("{API}/runs/update"), &json!({"run_id": run, "status": status}))?;
                let partial = json!({"run_id": run, "key": STATE_TAG, "value": "partial"});
                sending.server.post(&format!("{API}/runs/set-tag"), &partial)?;
                place
            }
            None => sending.create(&experiment)?,
        };
        sending.nest(&place)?;
        sending.dataset(&place)?;
        Ok(place)
    }
}
