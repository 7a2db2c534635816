using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class ClientDataTests
{
    [Theory]
    [InlineData("""{"type":"webauthn.get","challenge":"c","origin":"o","crossOrigin":false}""")]
    [InlineData(""" { "origin" : "o" , "challenge" : "c" } """)]
    [InlineData("""{"orig\u0069n":"\u006f","\u0063hallenge":"c"}""")]
    [InlineData("""{"x":1,"x":2,"origin":"o","challenge":"c"}""")]
    [InlineData("""{"origin":"o","challenge":"c","x":{"origin":1,"y":[1e999,-0,null,true]}}""")]
    [InlineData("""{"origin":"o","challenge":"c","x":"\ud800"}""")] // half a pair, in a value that nobody reads
    [InlineData("""["o","c"]""")]
    public void TryRead_WhatClientsAccept_GivesOriginAndChallenge(string json)
    {
        Assert.True(ClientData.TryRead(Encoding.UTF8.GetBytes(json), out var origin, out var challenge));
        Assert.Equal("o", origin);
        Assert.Equal("c", challenge);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("\"o\"")]
    [InlineData("{}")]
    [InlineData("""{"origin":"o"}""")]
    [InlineData("""{"challenge":"c"}""")]
    [InlineData("""{"origin":null,"challenge":"c"}""")]
    [InlineData("""{"origin":1,"challenge":"c"}""")]
    [InlineData("""{"origin":["o"],"challenge":"c"}""")]
    [InlineData("""{"origin":"o","origin":"o","challenge":"c"}""")]
    [InlineData("""{"origin":"o","challenge":"c","challenge":"c"}""")]
    [InlineData("""{"origin":"o","challenge":"c",}""")]
    [InlineData("""{"origin":"o","challenge":"c"}x""")]
    [InlineData("""{"origin":"o","challenge":"c"}{}""")]
    [InlineData("""{"origin":"o","challenge":"c" /* no comments */}""")]
    [InlineData("""{"origin":"o","challenge":"c","x":01}""")]
    [InlineData("""{"origin":"o","challenge":"c","x":tru}""")]
    [InlineData("""{"origin":"o","challenge":"\ud800"}""")]
    [InlineData("""{"origin":"o","challenge":"c","\ud800":1}""")]
    [InlineData("""{"origin":"o","challenge":"c","x":"\u12"}""")]
    [InlineData("""{"origin":"o","challenge":"c" """)]
    [InlineData("\ufeff{\"origin\":\"o\",\"challenge\":\"c\"}")]
    [InlineData("{\"origin\":\"o\n\",\"challenge\":\"c\"}")]
    [InlineData("""["o"]""")]
    [InlineData("""["o","c","x"]""")]
    [InlineData("""["o",1]""")]
    [InlineData("""["o","c"]x""")]
    public void TryRead_WhatClientsRefuse_IsRefused(string json) => Assert.False(ClientData.TryRead(Encoding.UTF8.GetBytes(json), out _, out _));

    [Fact]
    public void TryRead_TextThatIsNotUtf8_IsRefusedWhereItIsRead()
    {
        byte[] known = [.. "{\"origin\":\"o\",\"challenge\":\""u8, 0xff, .. "\"}"u8];
        byte[] name = [.. "{\"origin\":\"o\",\"challenge\":\"c\",\""u8, 0xff, .. "\":1}"u8];
        byte[] unread = [.. "{\"origin\":\"o\",\"challenge\":\"c\",\"x\":\""u8, 0xff, .. "\"}"u8];
        Assert.False(ClientData.TryRead(known, out _, out _));
        Assert.False(ClientData.TryRead(name, out _, out _));
        Assert.True(ClientData.TryRead(unread, out _, out _));
    }

    [Fact]
    public void TryRead_VeryDeepUnknownMember_IsAcceptedWithoutRecursion()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        Assert.True(ClientData.TryRead(Encoding.ASCII.GetBytes($$"""{"x":{{deep}},"origin":"o","challenge":"c"}"""), out _, out _));
    }
}
