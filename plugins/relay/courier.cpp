// SPDX-License-Identifier: Apache-2.0
#include "relay/courier.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>
#include <tuple>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;
namespace rpc = common::grpc;

constexpr std::chrono::nanoseconds first_pause = 200ms;
constexpr std::chrono::nanoseconds patience = 60s;        // with a receiver that acknowledges nothing
constexpr std::chrono::nanoseconds stop_reserve = 200ms;  // of the deadline, to end the connection

session_id random_session() {
    std::random_device random;
    session_id made{};
    std::ranges::generate(made, [&] { return static_cast<std::uint8_t>(random()); });
    return made;
}

std::uint64_t first_half(const session_id& of) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = number << 8U | of[i];
    }
    return number;
}

}  // namespace

courier::courier(const host& on, forward_values values, const forward_meters& counted)
    : host_(on), values_(std::move(values)), meters_(&counted),
      input_(on.extension<sonde_host_input>(SONDE_HOST_INPUT)), session_(random_session()),
      outbox_(values_.outbox, session_), facts_(common::read_host_identity(values_.roots), first_half(session_)),
      token_(values_.token_file),
      pause_(first_pause, values_.retry_limit, static_cast<std::uint32_t>(first_half(session_))) {}

courier::~courier() { end(); }

void courier::end() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake();
    thread_.join();
}

result<void> courier::start() {
    wake_ = collecting::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) {
        return fail(errc::exhausted, "cannot forward: no descriptors left");
    }
    try {
        thread_ = std::thread([this] { loop(); });
    } catch (const std::system_error&) {
        return fail(errc::exhausted, "cannot forward: no threads left");
    }
    return {};
}

void courier::name_node(const origin& from) {
    const std::lock_guard lock(mutex_);
    facts_.name_node(from);
    knows_node_ = true;
}

outbox::verdict courier::take(const relayed_batch& batch) {
    bool has_news = false;
    outbox::verdict said{};
    {
        const std::lock_guard lock(mutex_);
        const bool had_next = outbox_.has_next();
        const auto due = outbox_.due();
        said = outbox_.add(batch, host_.monotonic());
        has_lost_ = has_lost_ || said != outbox::verdict::taken;
        has_news = (outbox_.has_next() && !had_next) || outbox_.due() < due;
    }
    if (has_news) {
        wake();
    }
    return said;
}

std::uint64_t courier::finish(std::chrono::nanoseconds deadline) {
    {
        std::unique_lock lock(mutex_);
        outbox_.flush();
        wake();
        const auto left = deadline - host_.monotonic() - stop_reserve;
        if (left > 0ns) {
            delivered_.wait_for(lock, left, [&] { return outbox_.waiting_events() == 0; });
        }
    }
    end();
    return outbox_.waiting_events();
}

void courier::loop() {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_) {
                break;
            }
        }
        turn(host_.monotonic());
        wait();
    }
    if (call_ != 0) {
        client_->cancel(std::exchange(call_, 0));
    }
    client_.reset();
    publish_counts();
}

void courier::turn(std::chrono::nanoseconds now) {
    if (client_) {
        client_->drive();
    }
    bool is_wanted = false;
    bool is_overdue = false;
    bool has_caught_up = false;
    {
        const std::lock_guard lock(mutex_);
        outbox_.turn(now);
        is_wanted = facts_.has_node();
        is_overdue = call_ != 0 && now - heard_at_ > patience && (!is_ready_ || outbox_.is_under_way());
        if (is_ready_ && has_lost_ && outbox_.size() < values_.outbox.limit / 2) {
            has_lost_ = false;
            has_caught_up = true;
        }
    }
    if (is_overdue) {
        lose("silent", values_.endpoint + " does not acknowledge anything");
    }
    if (lost_) {
        close(now);
    }
    if (has_caught_up) {
        ask_state();
    }
    if (call_ == 0 && is_wanted && now >= opens_at_) {
        connect(now);
    }
    if (is_ready_) {
        send_next(now);
    }
    publish_counts();
}

result<rpc::client> courier::make_client() const {
    rpc::client_settings with;
    with.target = values_.target;
    with.uses_tls = values_.uses_tls;
    with.server_name = values_.server_name;
    for (const auto& [key, path, pem] :
         {std::tuple("ca_file", &values_.ca_file, &with.tls.ca_pem),
          std::tuple("certificate_file", &values_.certificate_file, &with.tls.certificate_pem),
          std::tuple("key_file", &values_.key_file, &with.tls.key_pem)}) {
        if (path->empty() || !values_.uses_tls) {
            continue;
        }
        std::ifstream file(*path, std::ios::binary);
        pem->assign(std::istreambuf_iterator<char>(file), {});
        if (!file || pem->empty()) {
            return fail(errc::invalid, std::string(key) + " cannot be read or is empty", *path);
        }
    }
    return rpc::client::make(with);
}

std::string courier::hello() {
    std::string message = begin_request(session_, 0);
    const std::lock_guard lock(mutex_);
    facts_.append_to(message, host_.wall());
    return message;
}

void courier::connect(std::chrono::nanoseconds now) {
    meters_->attempts.add();
    heard_at_ = now;
    rpc::call_request what{std::string(schema::method), hello(), {}, {}, true};
    if (!values_.token_file.empty()) {
        const auto token = token_.current();
        if (!token) {
            lose("token", token.error().message());
            return close(now);
        }
        what.headers.emplace_back("authorization", "Bearer " + *token);
    }
    auto made = make_client();
    if (!made) {
        lose("tls_files", made.error().message());
        return close(now);
    }
    client_.emplace(std::move(*made));
    call_ = client_->start(std::move(what), *this);
    meters_->pause.set(0);
}

void courier::send_next(std::chrono::nanoseconds now) {
    for (;;) {
        std::string message;
        {
            const std::lock_guard lock(mutex_);
            if (!outbox_.is_under_way()) {
                heard_at_ = now;  // until now there was nothing to hear of
            }
            const std::string* next = outbox_.next();
            if (next == nullptr) {
                return;
            }
            message = *next;
        }
        meters_->requests.add();
        if (!client_->send(call_, std::move(message))) {
            return lose("unreachable", values_.endpoint + " does not take events");
        }
    }
}

void courier::ask_state() {
    if (input_ != nullptr) {
        input_->ask_state(host_.abi());
    }
}

void courier::on_message(std::span<const std::uint8_t> message) {
    const auto said = read_response(message);
    if (!said) {
        return lose("no_receiver", values_.endpoint + " answers something else than receive_raw");
    }
    const auto now = host_.monotonic();
    heard_at_ = now;
    {
        const std::lock_guard lock(mutex_);
        if (is_ready_) {
            outbox_.acknowledge(said->acknowledged, now);
        } else {
            meters_->repeated.add(outbox_.restart(*said, now));
        }
        if (outbox_.waiting_events() == 0) {
            delivered_.notify_all();
        }
    }
    if (said->wants_state) {
        meters_->states.add();
        // The host's facts are state, too; at the beginning of a call they have just been told.
        if (is_ready_ && !client_->send(call_, hello())) {
            return lose("unreachable", values_.endpoint + " does not take events");
        }
        ask_state();
    }
    if (!std::exchange(is_ready_, true)) {
        pause_.reset();
        meters_->is_connected.set(1);
        host_.report(health::ok);
    }
}

void courier::on_end(const rpc::outcome& how) {
    call_ = 0;
    if (how.why == rpc::code::unauthenticated) {
        token_.distrust();
        return lose("refused", values_.endpoint + " refuses the token; is token_file the one it has? " + how.text);
    }
    lose("unreachable",
         values_.endpoint + " cannot be reached (" + std::string(rpc::name(how.why)) + ": " + how.text + ")");
}

void courier::lose(std::string reason, std::string text) {
    if (!lost_) {
        lost_ = {std::move(reason), std::move(text)};
    }
}

void courier::close(std::chrono::nanoseconds now) {
    if (call_ != 0) {
        client_->cancel(std::exchange(call_, 0));
    }
    client_.reset();
    is_ready_ = false;
    const auto length = pause_.next();
    opens_at_ = now + length;
    meters_->failures.add();
    meters_->is_connected.set(0);
    meters_->pause.set(length.count());
    host_.report(health::recoverable, lost_->reason, lost_->text);
    lost_.reset();
}

void courier::publish_counts() {
    const std::lock_guard lock(mutex_);
    meters_->delivered.add(outbox_.delivered_events() - std::exchange(counted_, outbox_.delivered_events()));
    meters_->waiting.set(static_cast<std::int64_t>(outbox_.waiting_events()));
    meters_->memory.set(static_cast<std::int64_t>(outbox_.size()));
}

void courier::wait() {
    const auto now = host_.monotonic();
    auto due = outbox::never;
    {
        const std::lock_guard lock(mutex_);
        due = outbox_.due();
        if (call_ == 0 && facts_.has_node()) {
            due = std::min(due, opens_at_);
        } else if (call_ != 0 && (!is_ready_ || outbox_.is_under_way())) {
            due = std::min(due, heard_at_ + patience);
        }
    }
    if (lost_) {
        return;
    }
    const auto left = std::clamp<std::chrono::nanoseconds>(due == outbox::never ? patience : due - now, 0ns, patience);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{seconds.count(), (left - seconds).count()};
    std::array<pollfd, 2> ready{pollfd{wake_.number(), POLLIN, 0}, pollfd{client_ ? client_->fd() : -1, POLLIN, 0}};
    static_cast<void>(::ppoll(ready.data(), ready.size(), &limit, nullptr));
    if (ready[0].revents != 0) {
        std::uint64_t ignored = 0;
        static_cast<void>(::read(wake_.number(), &ignored, sizeof ignored) == sizeof ignored);
    }
}

void courier::wake() const noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_.number(), &one, sizeof one) == sizeof one);
}

}  // namespace sonde::relay
