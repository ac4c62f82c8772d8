// SPDX-License-Identifier: Apache-2.0
#include "container/cri_source.hpp"

#include <algorithm>

namespace sonde::container {
namespace {

using namespace std::chrono_literals;
namespace rpc = common::grpc;

constexpr auto call_limit = 5s;
constexpr auto list_pause = 200ms;  // between lists that hints ask for
constexpr auto never = std::chrono::nanoseconds::max();

std::string method(const char* name) { return std::string("/runtime.v1.RuntimeService/") + name; }

health_of_source health_of(rpc::code why) noexcept {
    return why == rpc::code::permission_denied || why == rpc::code::unauthenticated ? health_of_source::denied
                                                                                    : health_of_source::failing;
}

std::string text_of(const rpc::outcome& how) { return std::string(rpc::name(how.why)) + ": " + how.text; }

}  // namespace

cri_source::cri_source(origin as, cri_settings settings, const proc_reader& processes, sink& to)
    : as_(as), settings_(std::move(settings)), processes_(&processes), sink_(&to),
      session_(settings_.socket, settings_.seed) {}

cri_source::~cri_source() {
    if (events_ != 0 && session_.is_open()) {
        session_.client().cancel(events_);
    }
}

source_status cri_source::status() const { return {as_, session_.socket(), session_.how(), session_.text()}; }

std::chrono::nanoseconds cri_source::due() const {
    if (lost_) {
        return 0ns;
    }
    if (!session_.is_open()) {
        return session_.due();
    }
    if (call_.is_running() || !is_synced_) {
        return never;
    }
    const auto hinted = wants_list_ ? last_list_ + list_pause : never;
    return has_events_ ? hinted : std::min(hinted, list_due_);
}

void cri_source::hint(std::chrono::nanoseconds now) {
    session_.hurry(now);
    wants_list_ = wants_list_ || (is_synced_ && !has_events_);
}

void cri_source::turn(std::chrono::nanoseconds now) {
    now_ = now;
    if (session_.open_if_due(now)) {
        ask("Version", {}, &cri_source::take_version);
    }
    if (session_.is_open()) {
        session_.client().drive();
    }
    if (lost_) {
        close(now);
    } else if (session_.is_open() && is_synced_ && !call_.is_running() && now >= due()) {
        begin_list(now);
    }
}

void cri_source::ask(const char* what, std::string message, void (cri_source::*then)(cri::bytes)) {
    ++requests_;
    call_.start(session_.client(), {method(what), std::move(message), {}, call_limit, false},
                [this, then](const rpc::outcome& how, cri::bytes answer) {
                    if (how.why == rpc::code::ok) {
                        (this->*then)(answer);
                    } else if (how.why == rpc::code::unimplemented) {
                        lose(health_of_source::absent, "it offers no runtime.v1.RuntimeService");
                    } else {
                        lose(health_of(how.why), text_of(how));
                    }
                });
}

void cri_source::take_version(cri::bytes answer) {
    if (!cri::read_version(answer, version_)) {
        ++malformed_;
        lose(health_of_source::failing, "its answer to Version is no message of runtime.v1");
        return;
    }
    // Before the list: what happens meanwhile is told.
    has_events_ = true;
    events_ = session_.client().start({method("GetContainerEvents"), {}, {}, {}, false}, *this);
    begin_list(now_);
}

void cri_source::begin_list(std::chrono::nanoseconds now) {
    wants_list_ = false;
    last_list_ = now;
    list_due_ = now + settings_.poll_interval;
    listed_.clear();
    is_list_complete_ = true;
    ask("ListPodSandbox", {}, &cri_source::take_sandboxes);
}

void cri_source::take_sandboxes(cri::bytes answer) {
    std::vector<container_facts> all;
    if (!cri::read_sandboxes(answer, all)) {
        ++malformed_;
        is_list_complete_ = false;
    }
    for (container_facts& each : all) {
        note(std::move(each));
    }
    ask("ListContainers", {}, &cri_source::take_containers);
}

void cri_source::take_containers(cri::bytes answer) {
    std::vector<container_facts> all;
    if (!cri::read_containers(answer, all)) {
        ++malformed_;
        is_list_complete_ = false;
    }
    for (container_facts& each : all) {
        note(std::move(each));
    }
    // Half a list says nothing about what is not in it.
    if (is_list_complete_) {
        std::vector<std::string> gone;
        for (const auto& [id, of] : known_) {
            if (!listed_.contains(id)) {
                gone.push_back(id);
            }
        }
        std::for_each(gone.begin(), gone.end(), [this](const std::string& id) { forget(id); });
    }
    begin_detail();
}

// What the list says; more is asked for if it is news.
void cri_source::note(container_facts listed) {
    if (listed.id.empty() || (known_.size() >= settings_.most_containers && !known_.contains(listed.id))) {
        return;
    }
    listed_.insert(listed.id);
    auto [at, is_new] = known_.try_emplace(listed.id);
    known& of = at->second;
    if (is_new || !of.is_told || of.facts.state != listed.state) {
        const std::string id = listed.id;
        of.facts = std::move(listed);
        of.is_told = false;
        to_detail_.push_back(id);
    }
}

// Sandboxes come first in the list, so that a container finds the names of its pod.
void cri_source::begin_detail() {
    while (!to_detail_.empty()) {
        const std::string id = std::move(to_detail_.front());
        to_detail_.pop_front();
        const auto at = known_.find(id);
        if (at == known_.end()) {
            continue;
        }
        ++requests_;
        const bool is_sandbox = at->second.facts.type == container_type::sandbox;
        call_.start(session_.client(),
                    {method(is_sandbox ? "PodSandboxStatus" : "ContainerStatus"),
                     cri::status_request(id),
                     {},
                     call_limit,
                     false},
                    [this, id](const rpc::outcome& how, cri::bytes answer) { take_detail(id, how, answer); });
        return;
    }
    is_synced_ = true;
    session_.succeed(version_.runtime + " " + version_.release + (has_events_ ? ", tells events" : ", is polled"));
}

void cri_source::take_detail(const std::string& id, const rpc::outcome& how, cri::bytes answer) {
    const auto at = known_.find(id);
    if (at == known_.end()) {
        begin_detail();
        return;
    }
    known& of = at->second;
    if (how.why == rpc::code::not_found) {
        forget(id);
    } else if (how.why == rpc::code::unavailable || how.why == rpc::code::deadline_exceeded) {
        lose(health_of(how.why), text_of(how));
        return;
    } else if (how.why == rpc::code::ok) {
        container_facts facts;
        std::string info;
        const bool is_sandbox = of.facts.type == container_type::sandbox;
        if (is_sandbox ? cri::read_sandbox_status(answer, facts, info)
                       : cri::read_container_status(answer, facts, info)) {
            facts.id = id;
            facts.sandbox_id = of.facts.sandbox_id;
            if (facts.state == run_state::running || facts.state == run_state::created) {
                facts.init_pid = reader_.runtime_pid(info);
            }
            of.facts = std::move(facts);
        } else {
            ++malformed_;
        }
        tell(of);
    } else {
        tell(of);  // what the list said is better than nothing
    }
    begin_detail();
}

void cri_source::tell(known& of) {
    container_facts facts = of.facts;
    facts.runtime = version_.runtime;
    if (const auto pod = known_.find(facts.sandbox_id); pod != known_.end()) {
        const container_facts& sandbox = pod->second.facts;
        facts.pod_name = sandbox.pod_name;
        facts.pod_namespace = sandbox.pod_namespace;
        facts.pod_uid = sandbox.pod_uid;
        facts.ip_addresses = sandbox.ip_addresses;
        facts.is_host_network = sandbox.is_host_network;
    }
    if (facts.state == run_state::running) {
        if (processes_->complete(facts) == proc_reader::outcome::foreign) {
            facts.init_pid = 0;
        }
    }
    of.is_told = true;
    sink_->tell(as_, std::move(facts));
}

void cri_source::forget(const std::string& id) {
    if (known_.erase(id) != 0) {
        sink_->forget(as_, id);
    }
}

void cri_source::on_message(std::span<const std::uint8_t> message) {
    cri::event event;
    if (!cri::read_event(message, event) || event.container_id.empty()) {
        ++malformed_;
        return;
    }
    if (event.what == cri::event::kind::deleted) {
        forget(event.container_id);
        return;
    }
    const auto at = known_.find(event.container_id);
    if (at == known_.end()) {
        wants_list_ = true;
        return;
    }
    to_detail_.push_back(event.container_id);
    if (!call_.is_running()) {
        begin_detail();
    }
}

void cri_source::on_end(const rpc::outcome& how) {
    events_ = 0;
    has_events_ = false;
    if (how.why == rpc::code::unimplemented) {
        if (is_synced_) {
            session_.succeed(version_.runtime + " " + version_.release + ", is polled");
        }
    } else {
        lose(health_of(how.why), "its events ended: " + text_of(how));
    }
}

// The connection goes only outside of its own callbacks.
void cri_source::lose(health_of_source how, std::string text) {
    if (!lost_) {
        lost_ = source_status{as_, {}, how, std::move(text)};
    }
}

void cri_source::close(std::chrono::nanoseconds now) {
    call_.cancel();
    if (events_ != 0) {
        session_.client().cancel(std::exchange(events_, 0));
    }
    session_.fail(now, lost_->how, lost_->text);
    lost_.reset();
    to_detail_.clear();
    has_events_ = is_synced_ = wants_list_ = false;
    for (auto& [id, of] : known_) {
        of.is_told = false;  // its process may have changed when the runtime is back
    }
    sink_->lose(as_);
}

}  // namespace sonde::container
