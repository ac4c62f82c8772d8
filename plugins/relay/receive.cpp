// SPDX-License-Identifier: Apache-2.0
#include "relay/receive.hpp"

#include <array>
#include <utility>

#include <poll.h>

namespace sonde::relay {
namespace {

using common::grpc::answer;
using common::grpc::code;
using common::grpc::refuse;

constexpr std::chrono::nanoseconds no_limit(-1);

class call final : public answer {
public:
    explicit call(std::shared_ptr<inlet> of) : inlet_(std::move(of)) {}
    ~call() override { inlet_->close(); }
    [[nodiscard]] step next() override { return inlet_->next(); }
    [[nodiscard]] bool wants_message() override { return inlet_->wants_message(); }
    void take(std::span<const std::uint8_t> message) override { inlet_->take(message); }

private:
    std::shared_ptr<inlet> inlet_;
};

bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

}  // namespace

result<void> receive::configure(const settings& values) {
    auto read = read_receive_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> receive::start() {
    if (auto opened = publisher_.start(); !opened) {
        return opened;
    }
    if (auto started = intake_.start(); !started) {
        return started;
    }
    auto door = common::grpc::doorkeeper::prepare(host_, values_.at);
    if (!door) {
        return std::unexpected(door.error());
    }
    door_ = std::move(*door);
    auto where = door_->where();
    where.message_limit = schema::message_limit;
    auto server = common::grpc::server::listen(
        where, [this](const auto& asked, const auto& self) { return answer_call(asked, self); });
    if (!server) {
        return std::unexpected(server.error());
    }
    server_.emplace(std::move(*server));
    return door_->open();
}

std::unique_ptr<answer> receive::answer_call(const common::grpc::incoming_call& asked,
                                             const common::grpc::call_handle& self) {
    meters_.calls.add();
    if (auto refusal = door_->refusal(asked)) {
        meters_.unauthenticated.add();
        return refusal;
    }
    if (asked.method != schema::method) {
        meters_.invalid.add();
        return refuse(code::unimplemented, "there is only Relay");
    }
    auto opened = intake_.open(self, values_.client_limit);
    if (!opened) {
        meters_.too_many.add();
        return refuse(code::resource_exhausted, "there are as many senders as there may be");
    }
    opened->take(asked.message);
    return std::make_unique<call>(std::move(opened));
}

result<void> receive::run(run_context& until) {
    std::array<pollfd, 1> news{pollfd{intake_.news().fd(), POLLIN, 0}};
    bool has_room = true;
    while (until.wait(news, has_room ? no_limit : std::chrono::nanoseconds(0))) {
        if (until.take_subscriber()) {
            ask_for_state();
        }
        has_room = go_on();
        while (has_room && !until.stopping()) {
            auto arrived = intake_.next();
            if (!arrived) {
                break;
            }
            take(std::move(*arrived));
            has_room = go_on();
            // Signals are looked at between two requests.
            if (!until.wait(std::chrono::nanoseconds(0))) {
                return {};
            }
            if (until.take_subscriber()) {
                ask_for_state();
            }
        }
        meters_.clients.set(static_cast<std::int64_t>(intake_.size()));
    }
    return {};
}

void receive::take(intake::arrival&& what) {
    work& made = work_.emplace(work{std::move(what.from), std::move(what.message), {}, {}});
    auto request = read_request(bytes_of(made.message));
    if (!request) {
        meters_.invalid.add();
        made.from->refuse({code::invalid_argument, "that is no RelayRequest"});
        work_.reset();
        return;
    }
    made.request = std::move(*request);
    const sessions::place* const known = sessions_.find(made.request.session);
    if (made.request.number != 0 && known != nullptr && made.request.number <= known->number) {
        meters_.repeated.add();
        made.from->say({known->number, true, false});
        work_.reset();
    }
}

bool receive::go_on() {
    if (!work_) {
        return true;
    }
    if (!publisher_.publish(work_->request, work_->at)) {
        return false;
    }
    const request_view& done = work_->request;
    if (done.number == 0) {
        greet(*work_->from, done.session);
    } else {
        meters_.requests.add();
        sessions::place& place = sessions_.open(done.session);
        place.number = done.number;
        place.state = place.state == 0 ? listeners_ : place.state;
        work_->from->say({done.number, true, false});
    }
    work_.reset();
    return true;
}

void receive::greet(inlet& from, const session_id& who) {
    sessions::place* const known = sessions_.find(who);
    const bool has_heard = known != nullptr && std::exchange(known->state, listeners_) == listeners_;
    // A second greeting of a call comes with the state that was asked for.
    const bool wants_state = !from.greet() && !has_heard;
    meters_.states.add(wants_state ? 1 : 0);
    from.say({known == nullptr ? 0 : known->number, known != nullptr, wants_state});
}

void receive::ask_for_state() {
    ++listeners_;
    for (const auto& each : intake_.all()) {
        if (each->is_greeted()) {  // others are told when they are
            meters_.states.add();
            each->say({0, true, true});
        }
    }
}

result<void> receive::stop(std::chrono::nanoseconds) {
    server_.reset();
    door_.reset();
    work_.reset();
    meters_.clients.set(0);
    return {};
}

}  // namespace sonde::relay
