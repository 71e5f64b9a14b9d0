//! `packshot serve` and the models it follows, the real binary.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::common::{World, table};

/// A server of a world, killed at the end.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

fn serve(world: &World, arguments: &[&str]) -> Server {
    let base = ["serve", "--port", "0", "--set", "score.device=cpu", "--set", "server.notice_s=1"];
    let mut command = world.command(&[&base[..], arguments].concat());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let address = lines.find_map(|line| line.expect("reads").strip_prefix("listening on http://").map(str::to_owned));
    Server { child, address: address.expect("says where it listens") }
}

/// Status and body of an answer; nothing where nobody listens any more.
fn ask(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

const JPEG: &str = "content-type: image/jpeg\r\n";

fn ready(server: &Server) -> String {
    ask(&server.address, "GET", "/ready", "", b"").expect("answers").1
}

#[test]
fn promotions_reach_a_running_server_and_a_stop_under_load_loses_nothing() {
    let world = World::new();
    let run = world.trained();
    let id = |name: &str| {
        let models = world.run(&["--json", "models", "list"]).expect(0).json()["models"].clone();
        let models = models.as_array().expect("models").clone();
        let model = models.iter().find(|model| model["card"]["run"] == name || model["name"] == name).expect("listed");
        model["card"]["id"].as_str().expect("an id").to_owned()
    };
    let (own, shipped) = (id(&run), id("default"));
    let mut server = serve(&world, &[]);
    assert_eq!(ready(&server), format!("model {own}"), "the newest is current");
    let becomes = |model: &str| {
        let until = Instant::now() + Duration::from_secs(30);
        while ready(&server) != format!("model {model}") {
            assert!(Instant::now() < until, "{model} takes over");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    world.run(&["models", "promote", "default"]).expect(0);
    becomes(&shipped);
    world.run(&["models", "promote", "latest"]).expect(0);
    becomes(&own);
    world.run(&["models", "rollback"]).expect(0);
    becomes(&shipped);
    let listed = world.run(&["models", "list"]).expect(0).stdout;
    assert!(listed.lines().nth(1).is_some_and(|line| line.contains("champion") && line.contains(&shipped)), "{listed}");

    let first = table(&world.path("demo/labels.csv")).remove(0).remove("path").expect("a path");
    let photo = std::fs::read(world.path("demo").join(first)).expect("reads");
    let (answered, address) = (AtomicUsize::new(0), server.address.clone());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // Ends when nobody listens any more; a connection that was taken must have been answered.
                while let Ok(stream) = TcpStream::connect(&address) {
                    drop(stream);
                    let Some((status, body)) = ask(&address, "POST", "/predict", JPEG, &photo) else { break };
                    assert!(matches!(status, 200 | 503), "{status}: {body}");
                    answered.fetch_add(usize::from(status == 200), Ordering::SeqCst);
                }
            });
        }
        let until = Instant::now() + Duration::from_secs(60);
        while answered.load(Ordering::SeqCst) < 8 {
            assert!(Instant::now() < until, "photos are scored");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::process::Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().expect("kill");
    });
    assert!(server.child.wait().expect("ends").success());
    let log = std::fs::read_dir(world.path("project/logs")).expect("logs").flatten().next().expect("a log").path();
    let log = std::fs::read_to_string(log).expect("reads");
    assert!(log.contains("packshot::access") && log.contains("\"/predict\""), "the access log");
    let scored = log.matches("\"route\":\"/predict\",\"status\":200").count();
    assert_eq!(scored, answered.load(Ordering::SeqCst), "every photo that was scored reached its client");
}

#[test]
fn keys_open_the_api_and_the_network_needs_one() {
    let world = World::new();
    world.make_project();
    let refused = world.run(&["serve", "--host", "0.0.0.0", "--port", "0"]).expect(2);
    assert!(refused.stderr.contains("--make-key"), "{}", refused.stderr);
    let made = world.run(&["--json", "serve", "--make-key", "shop"]).expect(0).json();
    let (key, line) = (made["key"].as_str().expect("a key"), made["line"].as_str().expect("a line"));
    world.write("project/packshot.toml", &format!("[server]\nkeys = [\"{line}\"]\nmax_megapixels = 1\n"));
    let server = serve(&world, &["--scores-only"]);
    let mut photo = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(300, 200, image::Rgb([180; 3]))
        .write_to(&mut photo, image::ImageFormat::Png)
        .expect("PNG");
    let mut large = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(1200, 1000).write_to(&mut large, image::ImageFormat::Png).expect("PNG");
    let status = |headers: &str, body: &[u8]| ask(&server.address, "POST", "/predict", headers, body).expect("answers");
    assert_eq!(status(JPEG, photo.get_ref()).0, 401);
    let with_key = format!("{JPEG}authorization: Bearer {key}\r\n");
    let (code, body) = status(&with_key, photo.get_ref());
    assert!(code == 200 && body.contains("\"attributes\":null"), "{code}: {body}");
    assert_eq!(status(&with_key, large.get_ref()).0, 413, "more pixels than the server takes");
    for path in ["/health", "/ready", "/", "/docs/index.html", "/openapi.json"] {
        assert_eq!(ask(&server.address, "GET", path, "", b"").expect("answers").0, 200, "{path}");
    }
    assert_eq!(ask(&server.address, "GET", "/metrics", "", b"").expect("answers").0, 401);
}
