// SPDX-License-Identifier: Apache-2.0
#include "agent.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "run/run_dir.hpp"
#include "support/clock.hpp"

namespace sonde {

namespace {

observe::log_settings log_settings_of(const config::host_settings& host) {
    observe::log_settings settings;
    settings.threshold = observe::level_named(host.log_level).value_or(level::info);
    settings.format = host.log_format == "json" ? observe::log_format::json : observe::log_format::text;
    return settings;
}

bus::lane_settings lane_settings_of(const config::bus_settings& from) {
    bus::lane_settings settings;
    settings.seal_bytes = from.seal_bytes;
    settings.seal_items = static_cast<std::uint32_t>(from.seal_items);
    settings.seal_age = from.seal_age.count();
    settings.budget = from.lane_budget;
    settings.record_limit = from.record_limit;
    return settings;
}

std::function<double()> jitter() {
    return [engine = std::make_shared<std::minstd_rand>(std::random_device{}())] {
        return std::uniform_real_distribution<double>(0, 1)(*engine);
    };
}

sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, each);
    }
    return set;
}

}  // namespace

agent::agent(agent_settings settings, config::document document)
    : settings_(std::move(settings)), document_(std::make_shared<const config::document>(std::move(document))),
      run_dir_(document_->host.run_dir), staging_(run::staging_in(run_dir_, ::getpid())),
      log_(log_settings_of(document_->host)), fabric_(lane_settings_of(document_->bus)),
      supervisor_({&fabric_, &plugins_, &metrics_, &log_, jitter()}) {}

// What outlives the parts that use it is declared before them; the API and its pages go first.
agent::~agent() {
    server_.reset();
    pages_.reset();
    watch_.reset();
}

std::shared_ptr<const config::document> agent::document() const {
    const std::lock_guard lock(document_mutex_);
    return document_;
}

result<void> agent::start_api() {
    const auto& from = document()->api;
    pages::page_sources sources;
    sources.supervisor = &supervisor_;
    sources.fabric = &fabric_;
    sources.plugins = &plugins_;
    sources.metrics = &metrics_;
    sources.log = &log_;
    sources.api = from;
    sources.started_at_wall = support::wall_now();
    sources.started_at_monotonic = support::monotonic_now();
    sources.refusals = [this] { return watch_ ? watch_->refusals() : std::vector<loader::refusal>(); };
    sources.config = [this] { return pages::show(*document(), plugins_, settings_.env); };
    sources.reload = [this](run::supervisor::reply done) {
        supervisor_.post([this, done = std::move(done)] { want_reload(done); });
    };
    pages_ = std::make_unique<pages::pages>(std::move(sources));
    pages_->add_metric_sources();
    if (!from.enabled) {
        return {};
    }
    pages_->add_routes(routes_);
    api::server_settings settings;
    settings.socket = from.socket;
    settings.listen = from.listen;
    settings.allow_remote = from.allow_remote;
    settings.max_connections = from.max_connections;
    settings.request_timeout = from.request_timeout;
    settings.request_limit = from.request_limit;
    settings.response_limit = from.response_limit;
    auto serving = api::server::start(settings, routes_, metrics_, log_);
    if (!serving && !settings.listen.empty()) {
        // A taken port must not keep the agent down; the socket must be ours, or two agents would fight.
        log_.error(component, serving.error().message() + "; going on with the unix socket alone");
        settings.listen.clear();
        serving = api::server::start(settings, routes_, metrics_, log_);
    }
    if (!serving) {
        return fail(std::move(serving.error()), "starting the API");
    }
    server_ = std::move(*serving);
    return {};
}

void agent::start_plugins() {
    const auto now = document();
    loader::loader_settings settings;
    settings.directories = settings_.plugin_dirs;
    settings.directories.insert(settings.directories.end(), now->host.plugin_dirs.begin(), now->host.plugin_dirs.end());
    settings.staging = staging_;
    settings.allow_unsafe = now->host.allow_unsafe_plugins;
    settings.probe = now->host.probe_plugins;
    settings.self = settings_.self;
    settings.log = [this](const loader::module_log& line) {
        log_.write(static_cast<level>(line.level), line.module, line.message, {},
                   observe::log_site(line.file, static_cast<std::uint32_t>(line.line)));
    };
    watch_ =
        std::make_unique<run::plugin_watch>(std::move(settings), now->host.watch_plugin_dirs, plugins_, log_, [this] {
            supervisor_.post([this] { begun_ ? supervisor_.plugins_changed() : begin(); });
        });
}

// An invalid configuration ends the agent at its start, and only then: later, what runs goes on.
void agent::begin() {
    if (stop_asked_) {
        return;
    }
    const auto now = document();
    if (const auto valid = supervisor_.validate_all(*now, settings_.env); !valid) {
        log_.error(component, "the configuration is invalid: " + valid.error().message());
        failure_ = exit_code::usage;
        return;
    }
    supervisor_.apply(*now, settings_.env);
    begun_ = true;
}

result<void> agent::start() {
    const sigset_t set = handled_signals();
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) {
        return fail(errc::failed, fmt::format("making a signal descriptor: {}", std::strerror(errno)));
    }
    if (auto made = run::make_run_dir(run_dir_); !made) {
        return made;
    }
    run::remove_stale_staging(run_dir_);
    start_plugins();  // first, since loading takes longest
    if (auto serving = start_api(); !serving) {
        return serving;
    }
    const auto now = document();
    log_.info(component, "started",
              {{"version", SONDE_VERSION},
               {"pid", ::getpid()},
               {"node", now->host.node_name},
               {"config", settings_.config_file.string()},
               {"config_hash", now->hash.substr(0, 12)},
               {"api", now->api.enabled ? now->api.socket : "off"}});
    return {};
}

exit_code agent::run() {
    if (auto started = start(); !started) {
        log_.error(component, started.error().message());
        failure_ = exit_code::failed;
    }
    loop();
    return stop();
}

void agent::on_signal() {
    signalfd_siginfo info{};
    while (::read(signals_.value(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload_wanted_ = true;
        } else {
            log_.info(component, "stopping", {{"signal", info.ssi_signo}, {"from_pid", info.ssi_pid}});
            stop_asked_ = true;
        }
    }
}

void agent::loop() {
    while (!stop_asked_ && !failure_) {
        if (can_reload()) {
            reload();
        }
        const std::int64_t due = supervisor_.step();
        if (!supervisor_.fatal().empty()) {
            log_.error(component, supervisor_.fatal());
            failure_ = exit_code::failed;
        }
        show_first_statistics();
        if (failure_ || can_reload()) {
            continue;
        }
        std::array<pollfd, 2> fds{{{signals_.value(), POLLIN, 0}, {supervisor_.descriptor(), POLLIN, 0}}};
        const std::int64_t left = std::max<std::int64_t>(0, due - support::monotonic_now());
        const timespec limit{std::min<std::int64_t>(left / 1'000'000'000, 3600), left % 1'000'000'000};
        if (::ppoll(fds.data(), fds.size(), &limit, nullptr) > 0 && fds[0].revents != 0) {
            on_signal();
        }
    }
}

// So that the page has something to say before its first interval is over.
void agent::show_first_statistics() {
    if (begun_ && !shown_ && supervisor_.status().applied) {
        pages_->refresh_stats();
        shown_ = true;
    }
}

exit_code agent::stop() {
    supervisor_.stop_all();
    for (const auto& each : std::exchange(reload_replies_, {})) {
        each("the agent is stopping");
    }
    std::int64_t due = supervisor_.step();
    while (!supervisor_.finished()) {
        pollfd fd{supervisor_.descriptor(), POLLIN, 0};
        const std::int64_t left = std::clamp<std::int64_t>(due - support::monotonic_now(), 0, 1'000'000'000);
        const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
        ::ppoll(&fd, 1, &limit, nullptr);
        due = supervisor_.step();
    }
    server_.reset();
    watch_.reset();
    std::error_code ignored;  // loaded code stays mapped without its file
    std::filesystem::remove_all(staging_, ignored);
    const bool wedged = supervisor_.any_wedged();
    log_.info(component, "stopped", {{"wedged", wedged ? "yes" : "no"}});
    if (failure_) {
        return *failure_;
    }
    return wedged ? exit_code::wedged : exit_code::ok;
}

}  // namespace sonde
