// SPDX-License-Identifier: Apache-2.0
// Puts as fast as a server takes them: etcd_load TARGET COUNT FLYING PER_TXN [PREFIX]. COUNT puts of 64-byte values to
// 10,000 keys below PREFIX, FLYING requests at once, PER_TXN puts in each (1: plain puts). Prints the seconds it took
// and the revision of the last answer.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/wire.hpp>

#include "common/grpc/client.hpp"
#include "common/grpc/unary.hpp"

namespace {

namespace rpc = sonde::common::grpc;
using clock_type = std::chrono::steady_clock;

struct plan {
    std::string target;
    std::size_t count = 0;
    std::size_t flying = 0;
    std::size_t per_txn = 0;
    std::string prefix = "/registry/bench/";
};

class load {
public:
    load(rpc::client& by, plan of) : by_(&by), of_(std::move(of)), slots_(of_.flying) {
        for (auto& slot : slots_) {
            slot = std::make_unique<rpc::unary>();
            next(*slot);
        }
    }
    [[nodiscard]] bool is_done() const noexcept { return answered_ >= of_.count || failed_; }
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

private:
    // PutRequest: key 1, value 2.
    void write_put(sonde::wire::writer& out, std::size_t number) {
        static const std::string value(64, 'v');
        out.text(1, of_.prefix + std::to_string(number % 10'000));
        out.text(2, value);
    }
    // TxnRequest: success 2; RequestOp: request_put 2.
    std::string request(std::size_t first, std::size_t puts) {
        std::string message((of_.prefix.size() + 160) * puts, '\0');
        sonde::wire::writer out({reinterpret_cast<std::uint8_t*>(message.data()), message.size()});
        if (of_.per_txn == 1) {
            write_put(out, first);
        } else {
            for (std::size_t i = 0; i < puts; ++i) {
                out.message(2, [&] { out.message(2, [&] { write_put(out, first + i); }); });
            }
        }
        message.resize(out.size());
        return message;
    }
    void next(rpc::unary& slot) {
        if (asked_ >= of_.count) {
            return;
        }
        const std::size_t puts = std::min(of_.per_txn, of_.count - asked_);
        const char* const method = of_.per_txn == 1 ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Txn";
        std::string message = request(asked_, puts);
        asked_ += puts;
        slot.start(*by_, {method, std::move(message), {}, std::chrono::seconds(60), false},
                   [this, &slot, puts](const rpc::outcome& how, std::span<const std::uint8_t> answer) {
                       if (how.why != rpc::code::ok) {
                           std::fprintf(stderr, "put: %s\n", how.text.c_str());
                           failed_ = true;
                           return;
                       }
                       answered_ += puts;
                       take_revision(answer);
                       next(slot);
                   });
    }
    // Both answers begin with the header, whose third field is the revision.
    void take_revision(std::span<const std::uint8_t> answer) {
        sonde::wire::reader outer(answer);
        const auto header = outer.next();
        sonde::wire::reader inner(header ? header->bytes : std::span<const std::uint8_t>());
        while (const auto field = inner.next()) {
            if (field->number == 3) {
                revision_ = std::max(revision_, field->value);
            }
        }
    }

    rpc::client* by_;
    plan of_;
    std::vector<std::unique_ptr<rpc::unary>> slots_;
    std::size_t asked_ = 0;
    std::size_t answered_ = 0;
    std::uint64_t revision_ = 0;
    bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(stderr, "usage: etcd_load TARGET COUNT FLYING PER_TXN [PREFIX]\n");
        return EXIT_FAILURE;
    }
    plan of{argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10),
            std::strtoull(argv[4], nullptr, 10)};
    if (argc > 5) {
        of.prefix = argv[5];
    }
    rpc::client_settings settings;
    settings.target = of.target;
    auto client = rpc::client::make(settings);
    if (!client || of.flying == 0 || of.per_txn == 0) {
        return EXIT_FAILURE;
    }
    const auto begun = clock_type::now();
    load putting(*client, of);
    while (!putting.is_done()) {
        pollfd ready{client->fd(), POLLIN, 0};
        ::poll(&ready, 1, 1000);
        client->drive();
    }
    const std::chrono::duration<double> took = clock_type::now() - begun;
    std::printf("%.3f %llu\n", took.count(), static_cast<unsigned long long>(putting.revision()));
    return putting.has_failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}
