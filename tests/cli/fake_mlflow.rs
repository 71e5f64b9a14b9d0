//! As much of an MLflow server as the tests need, on the loopback address: its answers come in small pages.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

/// Entries a page.
const PAGE: usize = 3;

/// What the server holds.
#[derive(Default)]
pub struct Held {
    /// Runs by id, as MLflow describes them.
    pub runs: BTreeMap<String, Value>,
    /// Points by run and metric.
    pub points: BTreeMap<(String, String), Vec<Value>>,
    /// Every answer is a failure.
    pub is_broken: bool,
    /// Requests so far that would have written something.
    pub writes: usize,
    files: usize,
    model: Option<Value>,
    version: Option<Value>,
}

/// A server; its threads end with the process.
pub struct FakeMlflow {
    pub address: String,
    held: Arc<Mutex<Held>>,
}

impl FakeMlflow {
    #[expect(clippy::disallowed_methods, reason = "a server beside the test, not work of the program")]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("address"));
        let held = Arc::new(Mutex::new(Held::default()));
        let shared = held.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, held }
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no thread panics")
    }
}

fn serve(mut stream: TcpStream, held: &Mutex<Held>) {
    let mut reader = BufReader::new(stream.try_clone().expect("clones"));
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().expect("method"), words.next().expect("target"));
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).expect("reads");
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("reads");
        let (status, answer) = held.lock().expect("no thread panics").answer(&method, &target, &body);
        let text = answer.to_string();
        let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}", text.len());
        if stream.write_all(format!("{head}\r\n\r\n{text}").as_bytes()).is_err() {
            return;
        }
    }
}

/// A page of a list under a name, and the token of the next.
fn page(name: &str, all: &[Value], token: Option<&str>) -> Value {
    let start: usize = token.map_or(0, |token| token.parse().expect("our token"));
    let end = (start + PAGE).min(all.len());
    let next = if end < all.len() { end.to_string() } else { String::new() };
    json!({name: &all[start..end], "next_page_token": next})
}

/// Replaces the entry of a key in a list of keys and values.
fn put(list: &mut Value, entry: &Value) {
    if list.is_null() {
        *list = json!([]);
    }
    let list = list.as_array_mut().expect("a list");
    list.retain(|known| known["key"] != entry["key"]);
    list.push(entry.clone());
}

impl Held {
    fn answer(&mut self, method: &str, target: &str, body: &[u8]) -> (u16, Value) {
        if self.is_broken {
            return (500, json!({"message": "broken"}));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|pair| pair.0 == name).map(|pair| pair.1.replace("%2F", "/")).next()
        };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let what = path.trim_start_matches("/api/2.0/mlflow/");
        let reads = method == "GET" || what.ends_with("search");
        self.writes += usize::from(!reads);
        let answer = match what {
            "experiments/get-by-name" => match asked("experiment_name").as_deref() {
                Some("nowhere") => return (404, json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"})),
                name => json!({"experiment": {"experiment_id": "1", "name": name, "lifecycle_stage": "active"}}),
            },
            "experiments/search" => json!({"experiments": [{"experiment_id": "1", "name": "shop"}]}),
            "runs/search" => self.search(&body),
            "metrics/get-history" => {
                let key = (asked("run_id").expect("a run"), asked("metric_key").expect("a metric"));
                let points = self.points.get(&key).cloned().unwrap_or_default();
                page("metrics", &points, asked("page_token").as_deref())
            }
            "runs/create" => self.create(&body),
            "runs/log-batch" => self.log(&body),
            "runs/set-tag" => {
                let run = self.run(&body);
                put(&mut run["data"]["tags"], &json!({"key": body["key"], "value": body["value"]}));
                json!({})
            }
            "runs/update" => {
                let run = self.run(&body);
                for key in ["status", "end_time"].into_iter().filter(|key| !body[key].is_null()) {
                    run["info"][key] = body[key].clone();
                }
                json!({})
            }
            "runs/log-inputs" => {
                self.run(&body)["inputs"]["dataset_inputs"] = body["datasets"].clone();
                json!({})
            }
            "logged-models/search" => json!({"models": Vec::from_iter(self.model.clone())}),
            "logged-models" => {
                let info =
                    json!({"model_id": "m-1", "artifact_uri": "mlflow-artifacts:/1/models/m-1", "tags": body["tags"]});
                self.model = Some(json!({ "info": info }));
                json!({"model": self.model})
            }
            "model-versions/search" => json!({"model_versions": Vec::from_iter(self.version.clone())}),
            "model-versions/create" => {
                self.version = Some(json!({"version": "1", "tags": body["tags"]}));
                json!({"model_version": self.version})
            }
            "registered-models/create" | "registered-models/alias" | "runs/outputs" | "logged-models/m-1" => json!({}),
            file if file.contains("/mlflow-artifacts/") => {
                self.files += 1;
                json!({})
            }
            other => return (404, json!({"error_code": "ENDPOINT_NOT_FOUND", "message": other})),
        };
        (200, answer)
    }

    fn run(&mut self, body: &Value) -> &mut Value {
        self.runs.get_mut(body["run_id"].as_str().expect("a run's id")).expect("a known run")
    }

    /// The runs that a search finds: all, or that with the tag of the filter.
    fn search(&self, body: &Value) -> Value {
        let wanted = body["filter"].as_str().and_then(|filter| filter.split('\'').nth(1));
        let fits = |run: &&Value| {
            let mut tags = run["data"]["tags"].as_array().into_iter().flatten();
            wanted.is_none_or(|uuid| tags.any(|tag| tag["value"] == uuid))
        };
        let found: Vec<Value> = self.runs.values().filter(fits).cloned().collect();
        page("runs", &found, body["page_token"].as_str())
    }

    fn create(&mut self, body: &Value) -> Value {
        let id = format!("run-{}", self.runs.len());
        let info = json!({
            "run_id": id, "experiment_id": "1", "run_name": body["run_name"], "status": "RUNNING",
            "start_time": body["start_time"], "artifact_uri": format!("mlflow-artifacts:/1/{id}"),
        });
        let run = json!({"info": info, "data": {"tags": body["tags"], "params": [], "metrics": []}});
        self.runs.insert(id, run.clone());
        json!({ "run": run })
    }

    fn log(&mut self, body: &Value) -> Value {
        let id = body["run_id"].as_str().expect("a run's id").to_owned();
        for (kind, entries) in ["metrics", "params", "tags"].map(|kind| (kind, body[kind].as_array().cloned())) {
            for entry in entries.unwrap_or_default() {
                put(&mut self.run(body)["data"][kind], &entry);
                if kind == "metrics" {
                    let key = entry["key"].as_str().expect("a name").to_owned();
                    self.points.entry((id.clone(), key)).or_default().push(entry);
                }
            }
        }
        json!({})
    }
}
