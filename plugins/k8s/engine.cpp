// SPDX-License-Identifier: Apache-2.0
#include "k8s/engine.hpp"

#include <algorithm>

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 4096;  // objects whose controller has not been seen
constexpr auto pause_after_loss = 30s;      // before everything is told again
constexpr auto pause_before_creators = 1s;  // so that one that creates many is told once
constexpr auto gauge_interval = 1s;
constexpr auto answer_limit = 30s;  // of discovery
constexpr std::size_t answer_size = 4U << 20;

}  // namespace

engine::engine(const host& on, const option_values& values, const api_access& server, meters& meter, publisher& out,
               http::carrier& carrier, std::uint32_t seed)
    : host_(on), values_(&values), server_(&server), meter_(&meter), out_(&out), carrier_(&carrier), random_(seed),
      limiter_(values.requests_per_second, values.request_burst), reader_(values.kept), token_(server.token_file),
      owners_([this](std::string_view kind) { return is_watched(kind); }), events_(on),
      due_(on.monotonic() + between(random_, 0ns, values.start_jitter)),
      backoff_(values.retry_first, values.retry_limit, static_cast<std::uint32_t>(random_())), fetch_(carrier) {}

// --- beginning -------------------------------------------------------------------------------------------------------

void engine::turn() {
    if (step_ != step::watching && !fetch_.is_running() && host_.monotonic() >= due_ &&
        limiter_.take(host_.monotonic())) {
        if (step_ == step::discovery) {
            ask("/apis", &engine::take_groups);
        } else {
            ask("/api/v1/namespaces/kube-system", &engine::take_cluster);
        }
    }
    begin_next();
    for (watched& each : watches_) {
        each.mirror->tick();
    }
    amend();
    snapshot_step();
    keep_gauges();
    out_->flush();
}

void engine::ask(const char* path, void (engine::*then)(common::http::answer&)) {
    auto request = make_request(path);
    if (!request) {
        trouble_ = problem{"no_token", request.error().message()};
        due_ = host_.monotonic() + backoff_.next();
        return;
    }
    request->limit = answer_limit;
    request->body_limit = answer_size;
    fetch_.start(std::move(*request), [this, then](common::http::answer& answer) { (this->*then)(answer); });
}

void engine::take_groups(common::http::answer& answer) {
    meter_->count_request("get", "apis", answer.result());
    const bool is_refused = answer.head.status == 403 || answer.head.status == 404;
    if (!answer.is_ok() && !is_refused) {
        if (answer.head.status == 401) {
            token_.distrust();
        }
        const std::string reason = answer.head.status == 401 ? "unauthorized"
                                   : answer.head.status != 0 ? "server_error"
                                   : answer.how.text.empty()
                                       ? "no_server"
                                       : "no_server_" + std::string(common::http::name(answer.how.why));
        trouble_ =
            problem{reason, server_->server + ": " +
                                (answer.head.status != 0 ? "the server answered " + std::to_string(answer.head.status) +
                                                               " " + read_status(answer.body).message
                                                         : answer.how.text)};
        due_ = host_.monotonic() + backoff_.next();
        return;
    }
    trouble_.reset();
    backoff_.reset();
    // Whoever may not look at the groups finds out by trying.
    add_watches(is_refused ? std::set<std::string, std::less<>>{} : read_groups(answer.body));
    const bool learns_cluster = std::ranges::find(values_->kinds, kind_id::namespaces) != values_->kinds.end();
    step_ = learns_cluster ? step::watching : step::cluster;
}

void engine::take_cluster(common::http::answer& answer) {
    meter_->count_request("get", "namespaces", answer.result());
    if (answer.is_ok()) {
        answer.body.append(document_reader::padding, '\0');
        const auto object =
            reader_.read_object(std::string_view(answer.body).substr(0, answer.body.size() - document_reader::padding),
                                info_of(kind_id::namespaces));
        if (object) {
            owners_.set_cluster((*object)->uid);
        }
    }
    step_ = step::watching;
}

void engine::add_watches(const std::set<std::string, std::less<>>& served) {
    for (const kind_id kind : values_->kinds) {
        std::vector<std::string> versions;
        for (const std::string_view version : info_of(kind).versions) {
            // GET /apis tells of groups; the core group is always there.
            if (!version.empty() && (served.empty() || version == "v1" || served.contains(version))) {
                versions.emplace_back(version);
            }
        }
        if (versions.empty()) {
            versions.emplace_back(info_of(kind).versions.front());  // its 404 says what is missing
        }
        if (info_of(kind).is_namespaced && !values_->namespaces.empty()) {
            for (const std::string& each : values_->namespaces) {
                add_watch(kind, each, versions);
            }
        } else {
            add_watch(kind, {}, std::move(versions));
        }
    }
}

void engine::add_watch(kind_id kind, const std::string& in_namespace, std::vector<std::string> versions) {
    const std::size_t index = watches_.size();
    const auto& ignored = kind == kind_id::events ? values_->ignored_event_namespaces : values_->ignored_namespaces;
    watched made;
    made.objects = std::make_unique<tracker>(info_of(kind), values_->kept, ignored, values_->object_limit,
                                             [this, index](const change& what) { tell(index, what); });
    made.mirror =
        std::make_unique<reflector>(settings_for(kind, in_namespace, std::move(versions)), links(), *made.objects);
    watches_.push_back(std::move(made));
}

reflector_settings engine::settings_for(kind_id kind, const std::string& in_namespace,
                                        std::vector<std::string> versions) const {
    reflector_settings made;
    made.kind = kind;
    made.versions = std::move(versions);
    made.in_namespace = in_namespace;
    const auto selector = [&](const std::map<kind_id, std::string>& from) {
        const auto found = from.find(kind);
        return found == from.end() ? std::string{} : found->second;
    };
    made.field_selector = selector(values_->field_selectors);
    made.label_selector = selector(values_->label_selectors);
    if (kind == kind_id::pods && !values_->node_name.empty()) {
        made.field_selector +=
            (made.field_selector.empty() ? "spec.nodeName=" : ",spec.nodeName=") + values_->node_name;
        made.reads_cache = true;
    }
    made.page_size = values_->page_size;
    made.frame_limit = values_->frame_limit;
    made.page_limit = values_->page_limit;
    made.list_limit = values_->list_timeout;
    made.watch_limit = values_->watch_duration;
    made.idle_limit = values_->watch_idle_limit;
    made.first_pause = values_->retry_first;
    made.most_pause = values_->retry_limit;
    made.refused_pause = values_->refused_retry;
    made.resync_interval = values_->resync_interval;
    return made;
}

reflector_links engine::links() {
    return {carrier_,
            &limiter_,
            &random_,
            &reader_,
            meter_,
            [this] { return host_.monotonic(); },
            [this](std::string_view target) { return make_request(target); },
            [this] { token_.distrust(); }};
}

result<http::request> engine::make_request(std::string_view target) {
    http::request made;
    made.url = server_->server + std::string(target);
    made.headers = {"Accept: application/json"};
    made.bearer_token = server_->token;
    if (!token_.path().empty()) {
        auto token = token_.current();
        if (!token) {
            return std::unexpected(token.error());
        }
        made.bearer_token = std::move(*token);
    }
    return made;
}

// One first list at a time, owners before what they own.
void engine::begin_next() {
    while (step_ == step::watching && begun_ < watches_.size() &&
           (begun_ == 0 || watches_[begun_ - 1].mirror->has_settled())) {
        watches_[begun_++].mirror->begin(host_.monotonic());
    }
}

// --- telling ---------------------------------------------------------------------------------------------------------

void engine::tell(std::size_t watch, const change& what) {
    const tracker& from = *watches_[watch].objects;
    lineage owners;
    if (what.object != nullptr) {
        const object_facts& object = *what.object;
        if (object.kind == "Namespace" && object.name == "kube-system") {
            owners_.set_cluster(object.uid);
        }
        const auto learned = what.action == change_action::deleted ? owner_index::learned{} : owners_.learn(object);
        if (learned.is_new_to_owner) {
            note_created(object);
        }
        if (learned.is_new) {
            if (const auto found = waiting_.find(uid_key::of(object.uid)); found != waiting_.end()) {
                waiting_count_ -= found->second.size();
                std::ranges::move(found->second, std::back_inserter(to_amend_));
                waiting_.erase(found);
            }
        }
        owners = owners_.resolve(object);
        if (!owners.waits_for.is_empty() && what.action != change_action::deleted) {
            note_waiting(watch, what, owners.waits_for);
        }
        if (object.event && (what.origin == change_origin::watch || what.origin == change_origin::relist)) {
            events_.count(*object.event, object.in_namespace);
        }
        if (what.origin == change_origin::watch && what.action == change_action::added && object.created > 0ns) {
            meter_->set_lag(from.kind().resource, std::max(host_.wall() - object.created, 0ns));
        }
    }
    constexpr std::array<std::string_view, 5> actions{"", "added", "modified", "deleted", "synced"};
    meter_->count_change(from.kind().resource, actions[static_cast<std::size_t>(what.action)]);
    if (!out_->publish(what, from.kind(), watches_[watch].mirror->settings().in_namespace, owners, owners_.cluster())) {
        ++lost_;
        snapshot_due_ = host_.monotonic() + pause_after_loss;
    }
    if (what.object != nullptr && what.action == change_action::deleted) {
        owners_.forget(what.object->uid);
    }
}

void engine::note_waiting(std::size_t watch, const change& what, const uid_key& controller) {
    if (waiting_count_ >= most_waiting) {
        // Controllers that never came; what waits for others gets its id with its next change.
        meter_->count_lost(watches_[watch].objects->kind().resource, "owner_unknown");
        waiting_.clear();
        waiting_count_ = 0;
    }
    waiting_[controller].push_back({watch, object_store::key_of(*what.object)});
    ++waiting_count_;
}

// A controller's own object does not name what it creates, and often does not change by it.
void engine::note_created(const object_facts& object) {
    const owner_facts& creator = *object.controller();
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        const std::string& scope = watches_[i].mirror->settings().in_namespace;
        if (watches_[i].objects->kind().kind == creator.kind && (scope.empty() || scope == object.in_namespace)) {
            object_facts named;
            named.name = creator.name;
            named.in_namespace = object.in_namespace;
            creators_.emplace(i, object_store::key_of(named));
            creators_due_ = std::min(creators_due_, host_.monotonic() + pause_before_creators);
        }
    }
}

void engine::amend() {
    const bool is_listing = begun_ < watches_.size() || (begun_ > 0 && !watches_.back().mirror->has_settled());
    if (host_.monotonic() >= creators_due_ && is_listing) {
        creators_due_ = host_.monotonic() + pause_before_creators;
    } else if (host_.monotonic() >= creators_due_) {
        creators_due_ = std::chrono::nanoseconds::max();
        for (const auto& [watch, key] : std::exchange(creators_, {})) {
            watches_[watch].objects->tell_again(key, change_origin::amendment);
        }
    }
    for (const waiting& each : std::exchange(to_amend_, {})) {
        watches_[each.watch].objects->tell_again(each.key, change_origin::amendment);
    }
}

void engine::request_snapshot() { snapshot_at_ = 0; }

void engine::snapshot_step() {
    if (snapshot_due_ && host_.monotonic() >= *snapshot_due_) {
        snapshot_due_.reset();
        request_snapshot();
    }
    if (snapshot_at_ < watches_.size()) {
        watches_[snapshot_at_++].objects->tell_all(change_origin::snapshot);
    }
}

// --- state -----------------------------------------------------------------------------------------------------------

std::chrono::nanoseconds engine::wait() const {
    const auto now = host_.monotonic();
    if (snapshot_at_ < watches_.size() || !to_amend_.empty()) {
        return 0ns;
    }
    auto next = std::min(gauges_due_, creators_due_);
    if (step_ != step::watching && !fetch_.is_running()) {
        next = std::min(next, std::max(due_, limiter_.ready_at()));
    }
    for (const watched& each : watches_) {
        if (const auto due = each.mirror->next_due()) {
            next = std::min(next, *due);
        }
    }
    const bool may_begin = step_ == step::watching && begun_ < watches_.size() &&
                           (begun_ == 0 || watches_[begun_ - 1].mirror->has_settled());
    return may_begin ? 0ns : std::max(next - now, 0ns);
}

void engine::keep_gauges() {
    const auto now = host_.monotonic();
    if (now < gauges_due_) {
        return;
    }
    gauges_due_ = now + gauge_interval;
    struct sums {
        std::size_t objects = 0;
        std::size_t bytes = 0;
        std::chrono::nanoseconds age{};
    };
    std::array<std::optional<sums>, kind_count> kinds;
    for (const watched& each : watches_) {
        auto& sum = kinds[static_cast<std::size_t>(each.mirror->settings().kind)];
        sum = sum.value_or(sums{});
        sum->objects += each.objects->store().size();
        sum->bytes += each.objects->store().bytes();
        sum->age = std::max(sum->age, each.mirror->watch_age());
    }
    for (const kind_info& kind : all_kinds()) {
        if (const auto& sum = kinds[static_cast<std::size_t>(kind.id)]) {
            meter_->set_objects(kind.resource, sum->objects, sum->bytes);
            meter_->set_watch_age(kind.resource, sum->age);
        }
    }
}

bool engine::is_synced() const noexcept {
    return !watches_.empty() &&
           std::ranges::all_of(watches_, [](const watched& each) { return each.objects->is_synced(); });
}

bool engine::is_watched(std::string_view kind) const {
    return std::ranges::any_of(watches_, [&](const watched& each) {
        return each.objects->kind().kind == kind && (each.objects->is_synced() || !each.mirror->status().trouble);
    });
}

}  // namespace sonde::k8s
