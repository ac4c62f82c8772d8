// SPDX-License-Identifier: Apache-2.0
#include "container/containerd_source.hpp"

#include <algorithm>

namespace sonde::container {
namespace {

using namespace std::chrono_literals;
namespace rpc = common::grpc;

constexpr auto call_limit = 10s;
constexpr auto never = std::chrono::nanoseconds::max();
constexpr const char* namespace_header = "containerd-namespace";

}  // namespace

containerd_source::containerd_source(origin as, std::string socket, std::size_t most_containers, std::uint32_t seed,
                                     const proc_reader& processes, sink& to)
    : as_(as), most_containers_(most_containers), processes_(&processes), sink_(&to),
      session_(std::move(socket), seed) {}

containerd_source::~containerd_source() {
    if (events_ != 0 && session_.is_open()) {
        session_.client().cancel(events_);
    }
}

source_status containerd_source::status() const { return {as_, session_.socket(), session_.how(), session_.text()}; }

std::chrono::nanoseconds containerd_source::due() const {
    if (lost_) {
        return 0ns;
    }
    return session_.is_open() ? never : session_.due();
}

void containerd_source::turn(std::chrono::nanoseconds now) {
    if (session_.open_if_due(now)) {
        // Before the lists: what happens meanwhile is told.
        events_ =
            session_.client().start({"/containerd.services.events.v1.Events/Subscribe", {}, {}, {}, false}, *this);
        ask("namespaces.v1.Namespaces/List", {}, {}, &containerd_source::take_namespaces);
    }
    if (session_.is_open()) {
        session_.client().drive();
    }
    if (lost_) {
        close(now);
    }
}

void containerd_source::ask(const char* method, std::string message, const std::string& runtime_namespace,
                            handler then) {
    ++requests_;
    rpc::metadata headers;
    if (!runtime_namespace.empty()) {
        headers.emplace_back(namespace_header, runtime_namespace);
    }
    call_.start(
        session_.client(),
        {std::string("/containerd.services.") + method, std::move(message), std::move(headers), call_limit, false},
        [this, then](const rpc::outcome& how, containerd::bytes answer) {
            if (how.why == rpc::code::ok || (is_synced_ && how.why == rpc::code::not_found)) {
                (this->*then)(answer);  // empty: gone meanwhile
            } else if (how.why == rpc::code::unimplemented) {
                lose(health_of_source::absent, "it is not containerd");
            } else {
                lose(how.why == rpc::code::permission_denied ? health_of_source::denied : health_of_source::failing,
                     std::string(rpc::name(how.why)) + ": " + how.text);
            }
        });
}

void containerd_source::take_namespaces(containerd::bytes answer) {
    std::vector<std::string> names;
    if (!containerd::read_namespaces(answer, names)) {
        ++malformed_;
    }
    to_list_.assign(names.begin(), names.end());
    sink_->begin_listing(as_);
    known_.clear();
    list_next();
}

void containerd_source::list_next() {
    if (to_list_.empty()) {
        sink_->end_listing(as_);
        is_synced_ = true;
        session_.succeed("containerd, tells events");
        describe_next();
        return;
    }
    listing_ = std::move(to_list_.front());
    to_list_.pop_front();
    ask("containers.v1.Containers/List", {}, listing_, &containerd_source::take_containers);
}

void containerd_source::take_containers(containerd::bytes answer) {
    std::vector<containerd::listed_container> all;
    if (!containerd::read_containers(answer, all)) {
        ++malformed_;
    }
    for (containerd::listed_container& each : all) {
        note(each, listing_);
    }
    ask("tasks.v1.Tasks/List", {}, listing_, &containerd_source::take_tasks);
}

void containerd_source::take_tasks(containerd::bytes answer) {
    take_task(answer);
    for (auto& [id, of] : known_) {
        if (of.facts.runtime_namespace == listing_) {
            tell(of);
        }
    }
    list_next();
}

// What is told of a container when it is made: who it is, not how it goes.
void containerd_source::note(containerd::listed_container& listed, const std::string& runtime_namespace) {
    known* const of = find(listed.facts.id, runtime_namespace);
    if (of == nullptr) {
        return;
    }
    container_facts facts = std::move(listed.facts);
    if (!listed.spec.empty() && !reader_.oci_config(listed.spec, facts)) {
        ++malformed_;
    }
    facts.runtime_namespace = runtime_namespace;
    facts.runtime = runtime_namespace == "moby" ? "docker" : "containerd";
    facts.init_pid = of->facts.init_pid;
    facts.state = of->facts.state == run_state::unknown ? run_state::created : of->facts.state;
    facts.started = of->facts.started;
    facts.finished = of->facts.finished;
    facts.exit_code = of->facts.exit_code;
    of->facts = std::move(facts);
    of->is_described = true;
}

containerd_source::known* containerd_source::find(const std::string& id, const std::string& runtime_namespace) {
    if (id.empty() || (known_.size() >= most_containers_ && !known_.contains(id))) {
        return nullptr;
    }
    known& of = known_[id];
    of.facts.id = id;
    of.facts.runtime_namespace = runtime_namespace;
    return &of;
}

void containerd_source::tell(known& of) {
    if (of.facts.state == run_state::running) {
        if (processes_->complete(of.facts) == proc_reader::outcome::foreign) {
            of.facts.init_pid = 0;
        }
    }
    sink_->tell(as_, of.facts);
}

void containerd_source::describe_next() {
    if (call_.is_running() || !is_synced_ || to_describe_.empty()) {
        return;
    }
    describing_ = std::move(to_describe_.front());
    to_describe_.pop_front();
    ask("containers.v1.Containers/Get", containerd::id_request(describing_.id), describing_.runtime_namespace,
        &containerd_source::take_description);
}

void containerd_source::take_description(containerd::bytes answer) {
    std::vector<containerd::listed_container> all;
    if (!containerd::read_containers(answer, all)) {
        ++malformed_;
    }
    if (all.empty() || !known_.contains(describing_.id)) {  // gone: its events have said all there is
        describe_next();
        return;
    }
    note(all.front(), describing_.runtime_namespace);
    ask("tasks.v1.Tasks/Get", containerd::id_request(describing_.id), describing_.runtime_namespace,
        &containerd_source::take_task);
}

// One task or all of a namespace.
void containerd_source::take_task(containerd::bytes answer) {
    std::vector<container_facts> all;
    if (!containerd::read_tasks(answer, all)) {
        ++malformed_;
    }
    for (const container_facts& each : all) {
        const auto at = known_.find(each.id);
        if (at == known_.end() || each.state == run_state::unknown) {
            continue;
        }
        container_facts& facts = at->second.facts;
        facts.init_pid = each.init_pid;
        facts.state = each.state;
        facts.finished = each.finished;
        facts.exit_code = each.exit_code;
    }
    if (is_synced_) {
        if (const auto at = known_.find(describing_.id); at != known_.end()) {
            tell(at->second);
        }
        describe_next();
    }
}

void containerd_source::on_message(std::span<const std::uint8_t> message) {
    containerd::event event;
    if (!containerd::read_event(message, event)) {
        ++malformed_;
        return;
    }
    if (event.what != containerd::event::kind::other && !event.container_id.empty()) {
        apply(event);
    }
}

void containerd_source::apply(const containerd::event& event) {
    using enum containerd::event::kind;
    if (event.what == deleted) {
        known_.erase(event.container_id);
        sink_->forget(as_, event.container_id);
        return;
    }
    known* const of = find(event.container_id, event.runtime_namespace);
    if (of == nullptr) {
        return;
    }
    container_facts& facts = of->facts;
    if (event.what == started) {
        facts.state = run_state::running;
        facts.init_pid = event.pid;
        facts.started = event.time;
        facts.finished = 0;
        facts.exit_code.reset();
        facts.network_namespace = 0;
        tell(*of);
    } else if (event.what == exited) {
        facts.state = run_state::exited;
        facts.finished = event.time;
        facts.exit_code = event.exit_code;
        tell(*of);
    }
    constexpr std::size_t most_waiting = 1024;
    if ((event.what == changed || event.what == created || !of->is_described) && event.what != exited &&
        to_describe_.size() < most_waiting) {
        to_describe_.push_back({event.runtime_namespace, event.container_id});
        describe_next();
    }
}

void containerd_source::on_end(const rpc::outcome& how) {
    events_ = 0;
    lose(how.why == rpc::code::unimplemented       ? health_of_source::absent
         : how.why == rpc::code::permission_denied ? health_of_source::denied
                                                   : health_of_source::failing,
         how.why == rpc::code::unimplemented
             ? "it is not containerd"
             : "its events ended: " + std::string(rpc::name(how.why)) + ": " + how.text);
}

// The connection goes only outside of its own callbacks.
void containerd_source::lose(health_of_source how, std::string text) {
    if (!lost_) {
        lost_ = source_status{as_, {}, how, std::move(text)};
    }
}

void containerd_source::close(std::chrono::nanoseconds now) {
    call_.cancel();
    if (events_ != 0) {
        session_.client().cancel(std::exchange(events_, 0));
    }
    session_.fail(now, lost_->how, lost_->text);
    lost_.reset();
    to_list_.clear();
    to_describe_.clear();
    is_synced_ = false;
    sink_->lose(as_);
}

}  // namespace sonde::container
