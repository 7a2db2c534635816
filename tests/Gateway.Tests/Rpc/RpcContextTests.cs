using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcContextTests
{
    private static readonly byte[] Request = RawCall.Frame(TestApi.Ask("a").ToByteArray());

    [Theory]
    [InlineData("10.0.0.5", "203.0.113.1, 10.0.0.5", "203.0.113.1")]
    [InlineData("10.0.0.5", "1.1.1.1,203.0.113.1", "203.0.113.1")]
    [InlineData("10.0.0.5", null, "10.0.0.5")]
    [InlineData("10.0.0.5", "10.0.0.6,10.0.0.7", "10.0.0.6")]
    [InlineData("10.0.0.5", "nonsense", null)]
    [InlineData("198.51.100.7", "203.0.113.1", "198.51.100.7")]
    [InlineData("::ffff:10.0.0.5", "203.0.113.1", "203.0.113.1")]
    public void ClientOf_BehindProxies_IsTheRightmostUntrusted(string peer, string? forwarded, string? client)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (forwarded is not null) http.Request.Headers["x-forwarded-for"] = forwarded;

        Assert.Equal(client, new TrustedProxies(["10.0.0.0/8"]).ClientOf(http)?.ToString());
    }

    [Fact]
    public void ClientOf_WithoutTrustedProxies_IgnoresTheHeader()
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        http.Request.Headers["x-forwarded-for"] = "203.0.113.1";

        Assert.Equal(IPAddress.Loopback, new TrustedProxies([]).ClientOf(http));
    }

    [Fact]
    public void Options_WithBadProxies_AreRefusedAtStart()
    {
        var result = new RpcOptionsRules().Validate(null, new RpcOptions { TrustedProxies = ["10.0.0.0/8", "proxy.example"] });

        Assert.Contains("proxy.example", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_Defaults_AreValid() => Assert.True(new RpcOptionsValidator().Validate(null, new RpcOptions()).Succeeded);

    [Fact]
    public async Task Context_ShowsWhoCallsAndHowLongItWaits()
    {
        await using var host = await RpcHost.StartAsync();
        var seen = "";
        host.Api.OnUnary = (_, context) =>
        {
            seen = $"{context.AppVersion}|{context.LibxmtpVersion}|{context.Header("authorization")}|"
                + $"{context.PeerAddress}|{context.Protocol}|{context.Deadline is not null}";
            return Task.FromResult(new Xmtp.Xmtpv4.MessageApi.GetInboxIdsResponse());
        };

        await RawCall.PostAsync(
            host.Http(),
            TestApi.Unary,
            "application/grpc-web+proto",
            Request,
            ("x-app-version", "app/1"),
            ("x-libxmtp-version", "1.11.0"),
            ("authorization", "Bearer x"),
            ("grpc-timeout", "9S"));

        Assert.Equal("app/1|1.11.0|Bearer x|127.0.0.1|GrpcWeb|True", seen);
    }

    [Theory]
    [InlineData("9S", 8, 9)]
    [InlineData("1n", 0, 0)]
    [InlineData(null, -0.001, -0.001)] // infinite
    public async Task TimeLeft_OfACall_IsWhatItsClientStillWaits(string? timeout, double atLeast, double atMost)
    {
        await using var host = await RpcHost.StartAsync();
        var left = TimeSpan.MinValue;
        host.Api.OnUnary = (_, context) =>
        {
            left = context.TimeLeft;
            return Task.FromResult(new Xmtp.Xmtpv4.MessageApi.GetInboxIdsResponse());
        };

        await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, timeout is null ? [] : [("grpc-timeout", timeout)]);

        Assert.InRange(left.TotalSeconds, atLeast, atMost);
    }

    [Fact]
    public async Task AppVersion_Empty_IsAccepted()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("x-app-version", ""));

        Assert.Equal(StatusCode.OK, call.Status);
    }

    [Fact]
    public async Task Authorizer_SetsTheIdentityForTheHandler()
    {
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<IRpcAuthorizer, TokenAuthorizer>());
        RpcIdentity? seen = null;
        host.Api.OnUnary = (_, context) =>
        {
            seen = context.Identity;
            return Task.FromResult(new Xmtp.Xmtpv4.MessageApi.GetInboxIdsResponse());
        };

        await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("node-authorization", "good"));

        Assert.Equal(new RpcIdentity(RpcIdentityKind.Node, "100"), seen);
    }

    [Theory]
    [InlineData("bad", StatusCode.Unauthenticated, "invalid auth token")]
    [InlineData("broken", StatusCode.Internal, "internal server error")]
    public async Task Authorizer_Throws_CallIsRefusedBeforeItsHandler(string token, StatusCode code, string text)
    {
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<IRpcAuthorizer, TokenAuthorizer>());
        host.Api.OnUnary = (_, _) => throw new NotSupportedException("must not be reached");

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("node-authorization", token));

        Assert.Equal((code, text), (call.Status, call.Message));
    }

    [Fact]
    public async Task Authorizer_IsNotAskedForHealth()
    {
        await using var host = await RpcHost.StartAsync(services: services => services.AddSingleton<IRpcAuthorizer, TokenAuthorizer>());

        var call = await RawCall.PostAsync(
            host.Http(2), "/grpc.health.v1.Health/Check", "application/grpc", [0, 0, 0, 0, 0], ("node-authorization", "bad"));

        Assert.Equal(StatusCode.OK, call.Status);
    }

    private sealed class TokenAuthorizer : IRpcAuthorizer
    {
        public ValueTask AuthorizeAsync(RpcContext context, CancellationToken cancellationToken)
        {
            context.Identity = context.Header("node-authorization") switch
            {
                "good" => new RpcIdentity(RpcIdentityKind.Node, "100"),
                "broken" => throw new InvalidOperationException("registry is out of reach"),
                _ => throw RpcErrors.Unauthenticated("invalid auth token"),
            };
            return ValueTask.CompletedTask;
        }
    }
}
