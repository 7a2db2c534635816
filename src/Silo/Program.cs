using XmtpOrleans.Silo;

return await CommandLine.RunAsync(args);
