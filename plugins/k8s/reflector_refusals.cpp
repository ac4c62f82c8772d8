// SPDX-License-Identifier: Apache-2.0
// What a reflector does when the server says no.
#include <algorithm>
#include <utility>

#include "k8s/reflector.hpp"

namespace sonde::k8s {

using namespace std::chrono_literals;

// The server said no, by its status code or within a watch.
void reflector::refuse(const status_facts& said) {
    const std::string code = std::to_string(said.code);
    std::string text = "the server answered " + code + (said.message.empty() ? "" : ": " + said.message);
    switch (said.code) {
    case 410:
        if (wants_list_) {
            ++expired_lists_;
            is_cache_behind_ = true;
        }
        relist("expired");
        pause_and_back_off();
        return;
    case 401:
        fail_with("unauthorized", text + "; check the token or certificate");
        pause_and_back_off();
        return;
    case 403: refuse_for_long("forbidden", text + "; grant get, list and watch on it"); return;
    case 404: refuse_for_long("kind_missing", text + "; this server does not have the kind"); return;
    case 400: refuse_for_long("bad_request", text + "; check the selectors"); return;
    default: break;
    }
    if (said.code == 504) {
        is_cache_behind_ = true;
    }
    fail_with(said.code == 429 ? "throttled" : "server_error", std::move(text));
    const std::chrono::nanoseconds least =
        retry_after_ ? *retry_after_ : std::chrono::seconds(std::clamp<std::int64_t>(said.retry_after_seconds, 0, 60));
    pause(std::max(backoff_.next(), least + between(*links_.random, 0ns, spread)));
}

// Another version of the API may be there, and permitted. If not, nothing changes soon.
void reflector::refuse_for_long(std::string_view reason, std::string text) {
    next_page_.clear();
    wants_list_ = true;
    if (version_ + 1 < settings_.versions.size() && code_ != 400) {
        ++version_;
        status_.resource_version.clear();
        pause(0ns);
        return;
    }
    version_ = 0;
    fail_with(reason, std::move(text));
    pause(between(*links_.random, settings_.refused_pause / 2, settings_.refused_pause));
}

}  // namespace sonde::k8s
