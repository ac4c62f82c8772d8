// SPDX-License-Identifier: Apache-2.0
#include "container/docker_source.hpp"

#include <algorithm>

#include "container/grpc_session.hpp"

namespace sonde::container {
namespace {

using namespace std::chrono_literals;
namespace http = common::http;

constexpr auto first_pause = 250ms;
constexpr auto longest_pause = 30s;
constexpr auto call_limit = 10s;
constexpr std::size_t body_limit = 32U << 20U;
constexpr std::size_t line_limit = 1U << 20U;
constexpr std::size_t most_waiting = 4096;
constexpr auto never = std::chrono::nanoseconds::max();
constexpr int code_ok = 200;
constexpr int code_not_found = 404;

// Not the version's path: the oldest interface that knows these answers is what the server offers by itself.
std::string url(const std::string& path) { return "http://localhost" + path; }

bool is_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
    });
}

}  // namespace

docker_source::docker_source(origin as, std::string socket, std::size_t most_containers, std::uint32_t seed,
                             const proc_reader& processes, sink& to)
    : as_(as), socket_(std::move(socket)), most_containers_(most_containers), processes_(&processes), sink_(&to),
      backoff_(first_pause, longest_pause, seed), feed_(*this) {}

docker_source::~docker_source() {
    if (client_) {
        client_->cancel(question_.id);
        client_->cancel(feed_.id);
    }
}

std::chrono::nanoseconds docker_source::due() const {
    if (lost_) {
        return 0ns;
    }
    return client_ ? never : due_;
}

void docker_source::hint(std::chrono::nanoseconds now) noexcept {
    if (how_ == health_of_source::absent) {
        due_ = std::min(due_, now);
    }
}

void docker_source::turn(std::chrono::nanoseconds now) {
    if (!client_ && now >= due_) {
        open(now);
    }
    if (client_) {
        client_->drive();
    }
    if (lost_) {
        close(now);
    }
}

void docker_source::open(std::chrono::nanoseconds now) {
    if (auto problem = check_socket(socket_)) {
        how_ = problem->how;
        text_ = std::move(problem->text);
        due_ = now + backoff_.next();
        return;
    }
    http::client_settings settings;
    settings.unix_socket = socket_;
    auto made = http::client::make(std::move(settings));
    if (!made) {
        how_ = health_of_source::failing;
        text_ = made.error().message();
        due_ = now + backoff_.next();
        return;
    }
    client_.emplace(std::move(*made));
    how_ = health_of_source::connecting;
    ask("/version", &docker_source::take_version);
}

void docker_source::question::on_end(const http::outcome& how) {
    id = 0;
    const std::string body = std::exchange(body_, {});
    const auto told = std::exchange(done, nullptr);
    told(std::exchange(code_, 0), body, how);
}

void docker_source::ask(const std::string& path, void (docker_source::*then)(int, const std::string&)) {
    ++requests_;
    question_.done = [this, then](int code, const std::string& body, const http::outcome& how) {
        if (how.why == http::failure::none) {
            (this->*then)(code, body);
        } else {
            lose(health_of_source::failing, std::string(http::name(how.why)) + ": " + how.text);
        }
    };
    http::request what;
    what.url = url(path);
    what.limit = call_limit;
    what.body_limit = body_limit;
    question_.id = client_->start(std::move(what), question_);
}

void docker_source::take_version(int code, const std::string& body) {
    if (code != code_ok || !reader_.docker_version(body, engine_)) {
        lose(health_of_source::failing,
             "it is no Docker engine: its answer to /version has status " + std::to_string(code) + " and no version");
        return;
    }
    // Before the list: what happens meanwhile is told.
    http::request what;
    what.url = url("/events?filters=" + http::query_escape(R"({"type":["container"]})"));
    feed_.line_.clear();
    feed_.id = client_->start(std::move(what), feed_);
    ask("/containers/json?all=1", &docker_source::take_list);
}

void docker_source::take_list(int code, const std::string& body) {
    std::vector<std::string> ids;
    if (code != code_ok || !reader_.docker_ids(body, ids)) {
        ++malformed_;
        lose(health_of_source::failing, "it gives no list of containers, status " + std::to_string(code));
        return;
    }
    ids.resize(std::min(ids.size(), most_containers_));
    sink_->begin_listing(as_);
    is_listing_ = true;
    to_inspect_.insert(to_inspect_.begin(), ids.begin(), ids.end());
    inspect_next();
}

void docker_source::inspect_next() {
    while (!to_inspect_.empty()) {
        inspecting_ = std::move(to_inspect_.front());
        to_inspect_.pop_front();
        if (is_id(inspecting_)) {
            ask("/containers/" + inspecting_ + "/json", &docker_source::take_container);
            return;
        }
    }
    if (is_listing_) {
        is_listing_ = false;
        sink_->end_listing(as_);
        how_ = health_of_source::answering;
        text_ = (engine_.is_podman ? "podman " : "docker ") + engine_.release + ", tells events";
        backoff_.reset();
    }
}

void docker_source::take_container(int code, const std::string& body) {
    container_facts facts;
    if (code == code_not_found) {
        sink_->forget(as_, inspecting_);
    } else if (code != code_ok || !reader_.docker_config(body, facts)) {
        ++malformed_;
    } else {
        facts.runtime = engine_.is_podman ? "podman" : "docker";
        if (facts.state == run_state::running || facts.state == run_state::paused) {
            if (processes_->complete(facts) == proc_reader::outcome::foreign) {
                facts.init_pid = 0;
            }
        }
        sink_->tell(as_, std::move(facts));
    }
    inspect_next();
}

bool docker_source::feed::on_body(std::string_view bytes) {
    if (code_ != code_ok) {
        return true;
    }
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        line_.append(bytes.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        if (!line_.empty()) {
            of_->take_event(std::exchange(line_, {}));
        }
        bytes.remove_prefix(end + 1);
    }
    return line_.size() <= line_limit;
}

void docker_source::feed::on_end(const http::outcome& how) {
    id = 0;
    of_->lose(health_of_source::failing, how.why == http::failure::none
                                             ? "its events ended with status " + std::to_string(code_)
                                             : "its events ended: " + how.text);
}

void docker_source::take_event(std::string_view line) {
    docker_told told;
    if (!reader_.docker_event(line, told)) {
        ++malformed_;
        return;
    }
    if (told.action == "destroy" || told.action == "remove") {
        sink_->forget(as_, told.id);
        return;
    }
    if (told.action == "die" || told.action == "died") {
        sink_->end(as_, told.id, told.time, told.exit_code);
    }
    constexpr std::string_view looked_into[] = {"create", "start",   "die",    "died",
                                                "pause",  "unpause", "rename", "update"};
    const bool is_wanted =
        std::find(std::begin(looked_into), std::end(looked_into), told.action) != std::end(looked_into);
    if (is_wanted && to_inspect_.size() < most_waiting) {
        to_inspect_.push_back(told.id);
        if (question_.id == 0) {
            inspect_next();
        }
    }
}

// The connection goes only outside of its own callbacks.
void docker_source::lose(health_of_source how, std::string text) {
    if (!lost_) {
        lost_ = source_status{as_, {}, how, std::move(text)};
    }
}

void docker_source::close(std::chrono::nanoseconds now) {
    client_->cancel(std::exchange(question_.id, 0));
    client_->cancel(std::exchange(feed_.id, 0));
    client_.reset();
    how_ = lost_->how;
    text_ = std::move(lost_->text);
    lost_.reset();
    due_ = now + backoff_.next();
    ++failures_;
    is_listing_ = false;
    to_inspect_.clear();
    sink_->lose(as_);
}

}  // namespace sonde::container
