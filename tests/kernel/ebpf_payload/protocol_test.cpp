// SPDX-License-Identifier: Apache-2.0
// What real servers and clients say, as the collector understands it.
#include <cstdlib>
#include <fstream>

#include <pwd.h>
#include <sys/socket.h>

#include "live.hpp"
#include "programs.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using ::testing::Contains;
using ::testing::Pair;

std::filesystem::path nginx_configuration(const std::filesystem::path& in, std::uint16_t port) {
    const auto path = in / "nginx.conf";
    std::ofstream(path) << "daemon off; master_process off; user root; error_log stderr; pid " << (in / "pid").string()
                        << ";\nevents {}\nhttp { access_log off; client_body_temp_path " << in.string() << "/b;"
                        << " proxy_temp_path " << in.string() << "/p; fastcgi_temp_path " << in.string() << "/f;"
                        << " uwsgi_temp_path " << in.string() << "/u; scgi_temp_path " << in.string() << "/s;\n"
                        << "server { listen 127.0.0.1:" << port << ";\n"
                        << "location /orders/ { return 200 \"an order\\n\"; }\n"
                        << "location /broken { return 502; }\n"
                        << "location / { return 404; } } }\n";
    return path;
}

TEST_F(Live, nginx_and_curl_over_kept_connections) {
    const std::string nginx = find_program({"/usr/sbin/nginx", "/usr/bin/nginx"});
    const std::string curl = find_program({"/usr/bin/curl"});
    if (nginx.empty() || curl.empty()) {
        GTEST_SKIP() << "nginx and curl are not both installed";
    }
    launch({{"protocols", "all"}});
    const scratch_directory scratch;
    const std::uint16_t port = free_port();
    const running server({nginx, "-e", "stderr", "-c", nginx_configuration(scratch.path(), port)},
                         scratch.path() / "nginx.log");
    ASSERT_TRUE(is_listening(port));
    // One curl asks for all of them, over one connection.
    const std::string base = "http://127.0.0.1:" + std::to_string(port);
    running client({curl, "--silent", "--show-error", base + "/orders/[1-90]?secret=c4n4ry", base + "/broken",
                    base + "/broken", base + "/nowhere", "-H", "Authorization: c4n4ry"},
                   scratch.path() / "curl.log");
    ASSERT_EQ(client.status(), 0);
    const auto told = routes_of(port, 93);
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told.at("GET /orders/{id}").requests, 90u);
    EXPECT_THAT(told.at("GET /orders/{id}").statuses, ::testing::ElementsAre(Pair(200, 90)));
    EXPECT_EQ(told.at("GET /broken").server_errors, 2u);
    EXPECT_EQ(told.at("GET /nowhere").client_errors, 1u);
    EXPECT_EQ(told.at("GET /nowhere").role, v1::CONNECTION_ROLE_CLIENT);
    EXPECT_EQ(host.metrics.value("ebpf.losses", {{"kind", "payload"}, {"reason", "ring_full"}}), 0);
}

TEST_F(Live, python_servers_are_understood_too) {
    const std::string python = find_program({"/usr/bin/python3", "/usr/local/bin/python3"});
    if (python.empty()) {
        GTEST_SKIP() << "python3 is not installed";
    }
    launch({{"protocols", "http/1"}});
    const scratch_directory scratch;
    const std::uint16_t port = free_port();
    std::ofstream(scratch.path() / "page") << std::string(100'000, 'x');
    const running server({python, "-m", "http.server", std::to_string(port), "--bind", "127.0.0.1", "--directory",
                          scratch.path().string()},
                         scratch.path() / "server.log");
    ASSERT_TRUE(is_listening(port));
    const std::string asking = "import http.client\n"
                               "for i in range(10):\n"
                               "    c = http.client.HTTPConnection('127.0.0.1', " +
                               std::to_string(port) +
                               ")\n"
                               "    c.request('GET', '/page' if i else '/missing')\n"
                               "    c.getresponse().read()\n"
                               "    c.close()\n";
    running client({python, "-c", asking}, scratch.path() / "client.log");
    ASSERT_EQ(client.status(), 0);
    const auto told = routes_of(port, 10);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told.at("GET /page").requests, 9u);
    EXPECT_EQ(told.at("GET /missing").client_errors, 1u);
}

// Says something to the server and waits for an answer.
bool talk(std::uint16_t port, const std::string& text) {
    const socket_fd client = connect_to("127.0.0.1", port);
    return ::send(client.fd(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()) &&
           client.read(1);
}

TEST_F(Live, a_connection_to_redis_is_called_so_at_both_ends) {
    const std::string redis = find_program({"/usr/bin/redis-server", "/usr/local/bin/redis-server"});
    if (redis.empty()) {
        GTEST_SKIP() << "redis-server is not installed";
    }
    launch({{"protocols", "all"}});
    const scratch_directory scratch;
    const std::uint16_t port = free_port();
    const running server(
        {redis, "--port", std::to_string(port), "--bind", "127.0.0.1", "--save", "", "--dir", scratch.path().string()},
        scratch.path() / "redis.log");
    ASSERT_TRUE(is_listening(port));
    ASSERT_TRUE(talk(port, "*1\r\n$4\r\nPING\r\n"));
    EXPECT_EQ(
        std::ranges::count(wait_protocols_of(port, "redis", 2), "redis", [](const auto& each) { return each.second; }),
        2);
}

TEST_F(Live, a_connection_to_postgresql_is_called_so) {
    const std::string bin =
        find_program({"/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/17/bin/postgres"});
    const passwd* const user = ::getpwnam("postgres");
    const std::string become = find_program({"/usr/bin/setpriv"});
    if (bin.empty() || user == nullptr || become.empty()) {
        GTEST_SKIP() << "PostgreSQL, its user and setpriv are not all installed";
    }
    launch({{"protocols", "postgresql"}});
    const scratch_directory scratch;
    ASSERT_EQ(::chown(scratch.path().c_str(), user->pw_uid, user->pw_gid), 0);
    const std::vector<std::string> as_user{become, "--reuid", "postgres", "--regid", "postgres", "--clear-groups"};
    const auto command = [&](std::vector<std::string> rest) {
        rest.insert(rest.begin(), as_user.begin(), as_user.end());
        return rest;
    };
    const std::string data = (scratch.path() / "data").string();
    const std::string folder = std::filesystem::path(bin).parent_path().string();
    running prepare(command({folder + "/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"}),
                    scratch.path() / "initdb.log");
    ASSERT_EQ(prepare.status(), 0);
    const std::uint16_t port = free_port();
    const running server(
        command({bin, "-D", data, "-p", std::to_string(port), "-k", scratch.path().string(), "-h", "127.0.0.1"}),
        scratch.path() / "postgres.log");
    ASSERT_TRUE(is_listening(port));
    // StartupMessage of protocol 3.0 for user "postgres".
    using namespace std::string_literals;
    ASSERT_TRUE(talk(port, "\0\0\0\x17\0\3\0\0user\0postgres\0\0"s));
    EXPECT_THAT(wait_protocols_of(port, "postgresql", 2), Contains(Pair(::testing::_, "postgresql")).Times(2));
}

}  // namespace
}  // namespace sonde::ebpf::test
