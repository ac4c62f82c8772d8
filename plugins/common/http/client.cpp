// SPDX-License-Identifier: Apache-2.0
#include "common/http/client.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/http/transfer.hpp"

namespace sonde::common::http {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int most_ready = 32;  // descriptors handled per look at epoll; the rest stays ready

}  // namespace

// libcurl says which descriptors it waits for and until when (curl_multi_socket_action); epoll makes one descriptor of
// them.
struct client::state {
    client_settings settings;
    int epoll = -1;
    CURLM* multi = nullptr;
    std::map<request_id, std::unique_ptr<transfer>> running;
    std::vector<std::unique_ptr<transfer>> unstarted;  // begun from within libcurl; added at the end of drive()
    std::optional<clock::time_point> due;
    request_id last_id = 0;
    bool is_driving = false;  // inside libcurl: handles may not be removed

    state() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        for (auto& [id, each] : running) {
            curl_multi_remove_handle(multi, each->handle());
        }
        running.clear();
        curl_multi_cleanup(multi);
        if (epoll >= 0) {
            ::close(epoll);
        }
        curl_global_cleanup();
    }

    void remove(request_id id) {
        if (const auto found = running.find(id); found != running.end()) {
            curl_multi_remove_handle(multi, found->second->handle());
            running.erase(found);
        }
    }
    void remove_silent() {
        std::erase_if(running, [this](const auto& each) {
            const bool goes = each.second->is_silent();
            if (goes) {
                curl_multi_remove_handle(multi, each.second->handle());
            }
            return goes;
        });
    }
    void finish_ended();

    static int watch_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
        epoll_event event{};
        event.data.fd = fd;
        event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
        const int epoll = static_cast<state*>(self)->epoll;
        if (what == CURL_POLL_REMOVE) {
            ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
        } else if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
            ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
        return 0;
    }
    static int set_timer(CURLM*, long milliseconds, void* self) {
        auto& due = static_cast<state*>(self)->due;
        due = milliseconds < 0 ? std::nullopt : std::optional(clock::now() + std::chrono::milliseconds(milliseconds));
        return 0;
    }
};

void client::state::finish_ended() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        const CURLcode code = message->data.result;
        char* place = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &place);
        auto* const ended = reinterpret_cast<transfer*>(place);
        const request_id id = ended->id();
        ended->finish(code);
        remove(id);
    }
    for (auto& each : std::exchange(unstarted, {})) {
        if (curl_multi_add_handle(multi, each->handle()) == CURLM_OK) {
            const request_id id = each->id();
            running.emplace(id, std::move(each));
        } else {
            each->finish(CURLE_FAILED_INIT);
        }
    }
}

result<client> client::make(client_settings settings) {
    auto made = std::make_unique<state>();
    made->settings = std::move(settings);
    made->epoll = ::epoll_create1(EPOLL_CLOEXEC);
    made->multi = curl_multi_init();
    if (made->epoll < 0 || made->multi == nullptr) {
        return fail(errc::exhausted, "cannot make an HTTP client: no descriptors or memory left");
    }
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETFUNCTION, &state::watch_socket);
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETDATA, made.get());
    curl_multi_setopt(made->multi, CURLMOPT_TIMERFUNCTION, &state::set_timer);
    curl_multi_setopt(made->multi, CURLMOPT_TIMERDATA, made.get());
    return client(std::move(made));
}

client::client(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

request_id client::start(request what, receiver& to) {
    const request_id id = ++state_->last_id;
    auto made = transfer::make(id, std::move(what), state_->settings, to);
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    if (!state_->is_driving && curl_multi_add_handle(state_->multi, made->handle()) == CURLM_OK) {
        state_->running.emplace(id, std::move(made));
    } else {
        state_->unstarted.push_back(std::move(made));
        state_->due = clock::now();
    }
    return id;
}

void client::cancel(request_id id) {
    std::erase_if(state_->unstarted, [&](const auto& each) { return each->id() == id; });
    const auto found = state_->running.find(id);
    if (found == state_->running.end()) {
        return;
    }
    found->second->silence();
    if (!state_->is_driving) {
        state_->remove(id);
    }
}

int client::fd() const noexcept { return state_->epoll; }

std::chrono::nanoseconds client::wait() const noexcept {
    return state_->due ? std::max<std::chrono::nanoseconds>(*state_->due - clock::now(), 0ns) : -1ns;
}

void client::drive() {
    state& own = *state_;
    int running = 0;
    own.is_driving = true;
    if (own.due && clock::now() >= *own.due) {
        own.due.reset();
        curl_multi_socket_action(own.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    std::array<epoll_event, most_ready> ready;
    const int count = ::epoll_wait(own.epoll, ready.data(), most_ready, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready[static_cast<std::size_t>(i)];
        const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(own.multi, event.data.fd, what, &running);
    }
    own.is_driving = false;
    own.finish_ended();
    own.remove_silent();
}

}  // namespace sonde::common::http
