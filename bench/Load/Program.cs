using XmtpOrleans.Load;

return await LoadCommands.RunAsync(args);
