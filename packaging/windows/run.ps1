# What `make run` does, for Windows. Needs Visual Studio Build Tools (C++) and rustup (https://rustup.rs).
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")
if (-not (Get-Command cargo -ErrorAction SilentlyContinue)) {
    Write-Host "Rust is missing: install it from https://rustup.rs and run this again."
    exit 1
}
cargo build
$bin = "target\debug\packshot.exe"
$demo = "data\raw\demo"
$project = "data\interim\demo-project"
function Step([string[]]$arguments) {
    & $bin --project $project @arguments
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}
if (-not (Test-Path "$demo\demo.toml")) { & $bin demo $demo; if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE } }
if (-not (Test-Path "$project\.trained")) {
    Step @("open", "$demo\images")
    Step @("label", "import", "$demo\labels.csv")
    Step @("train", "--epochs", "8", "--name", "demo")
    New-Item -ItemType File "$project\.trained" | Out-Null
}
if (-not (Test-Path "$project\reports\demo.html")) {
    Step @("score", "$demo\images", "-o", "$project\reports\scores.csv", "--resume")
    Step @("report", "-o", "$project\reports\demo.html", "--overwrite")
}
& $bin --project $project
