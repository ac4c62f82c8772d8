// SPDX-License-Identifier: Apache-2.0
// Who has a connection that nobody has accepted yet: the process that listens for it, where there is only one.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

// A process that listens and, when told, accepts one connection and reads a byte of it.
class other final {
public:
    explicit other(const std::string& address, std::uint16_t shared = 0)
        : process_([this, address, shared] {
              const listener at(address, 16, shared);
              const std::uint16_t port = at.port();
              char word;
              if (::write(ports_.to, &port, sizeof port) != sizeof port || ::read(words_.from, &word, 1) != 1) {
                  return 1;
              }
              return at.accept().read(1) ? 0 : 1;
          }) {
        if (::read(ports_.from, &port_, sizeof port_) != sizeof port_) {
            port_ = 0;
        }
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }  // 0: it does not listen
    [[nodiscard]] std::uint32_t pid() const { return process_.pid(); }
    // Its exit status.
    [[nodiscard]] int accept() { return ::write(words_.to, "x", 1) == 1 ? process_.status() : -1; }

private:
    struct pipe_ends {
        pipe_ends() {
            int both[2] = {-1, -1};
            if (::pipe2(both, O_CLOEXEC) != 0) {
                std::abort();
            }
            from = both[0];
            to = both[1];
        }
        ~pipe_ends() {
            ::close(from);
            ::close(to);
        }
        int from;
        int to;
    };

    pipe_ends ports_;
    pipe_ends words_;
    child process_;
    std::uint16_t port_ = 0;
};

// Both sets of programs.
class Listeners : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
    }
    static std::vector<std::string> without() {
        return std::string_view(GetParam()) == "by address" ? std::vector<std::string>{"tp_btf"}
                                                            : std::vector<std::string>{};
    }
    // Nobody else is given it in the meantime but by chance.
    static std::uint16_t free_port() { return listener().port(); }
    // The process of the arriving end of the only connection with that client's port.
    std::optional<std::uint32_t> arrived(const socket_fd& client) {
        const auto all = it_.with_port(port_of(client.fd()), 2);
        const auto found = std::ranges::find(all, direction::incoming, &seen::way);
        return found == all.end() ? std::nullopt : std::optional(found->of.pid);
    }

    observer it_{without()};
};

INSTANTIATE_TEST_SUITE_P(Owners, Listeners, ::testing::Values("typed", "by address"),
                         [](const auto& of) { return of.index == 0 ? "typed" : "by_address"; });

TEST_P(Listeners, a_connection_begins_with_the_process_that_listens) {
    for (const char* address : {"127.0.0.1", "0.0.0.0", "::"}) {
        const other server(address);
        ASSERT_NE(server.port(), 0);
        const socket_fd near = connect_to("127.0.0.1", server.port());
        EXPECT_EQ(arrived(near), server.pid()) << address;
    }
}

TEST_P(Listeners, ipv6_has_its_own) {
    const other at_one("::1");
    const other at_any("::");
    const socket_fd to_one = connect_to("::1", at_one.port());
    const socket_fd to_any = connect_to("::1", at_any.port());
    EXPECT_EQ(arrived(to_one), at_one.pid());
    EXPECT_EQ(arrived(to_any), at_any.pid());
}

TEST_P(Listeners, one_port_may_be_of_two_processes_at_two_addresses) {
    const other at_one("127.0.0.1");
    const other at_two("127.0.0.2", at_one.port());
    ASSERT_EQ(at_one.port(), at_two.port());
    const socket_fd to_one = connect_to("127.0.0.1", at_one.port());
    const socket_fd to_two = connect_to("127.0.0.2", at_one.port());
    EXPECT_EQ(arrived(to_one), at_one.pid());
    EXPECT_EQ(arrived(to_two), at_two.pid());
}

TEST_P(Listeners, where_processes_share_an_address_none_is_named_until_one_takes_the_connection) {
    const std::uint16_t port = free_port();
    const other first("127.0.0.1", port);
    const other second("127.0.0.1", port);
    ASSERT_EQ(first.port(), port);
    ASSERT_EQ(second.port(), port);
    const socket_fd near = connect_to("127.0.0.1", port);
    EXPECT_EQ(arrived(near), 0u);
}

TEST_P(Listeners, who_listened_before_is_forgotten) {
    const std::uint16_t port = free_port();
    {
        other before("127.0.0.1", port);
        ASSERT_EQ(before.port(), port);
        const socket_fd near = connect_to("127.0.0.1", port);
        ASSERT_TRUE(near.write(1));
        EXPECT_EQ(before.accept(), 0);
    }
    const other after("127.0.0.1", port);
    ASSERT_EQ(after.port(), port);
    const socket_fd near = connect_to("127.0.0.1", port);
    EXPECT_EQ(arrived(near), after.pid());
}

}  // namespace
}  // namespace sonde::ebpf::test
