// SPDX-License-Identifier: Apache-2.0
// Which kinds are watched, in which namespaces and versions, and how.
#include <utility>

#include "k8s/engine.hpp"

namespace sonde::k8s {

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

}  // namespace sonde::k8s
