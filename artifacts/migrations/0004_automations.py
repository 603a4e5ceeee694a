"""Automations get an owner, a key for their name and a kind of action. Nothing could write one before, so the defaults meet no row."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('artifacts', '0003_stopping_runs'),
    ]

    operations = [
        migrations.AddField(
            model_name='automation',
            name='action_kind',
            field=models.CharField(choices=[('NOTIFICATION', 'Notification'), ('GENERIC_WEBHOOK', 'Webhook'), ('NO_OP', 'Nothing')], default='', max_length=16),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='automation',
            name='name_key',
            field=models.CharField(default='', max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='automation',
            name='organization',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_CASCADE, related_name='automations', to='artifacts.organization'),
        ),
        migrations.AddField(
            model_name='automation',
            name='owner',
            field=models.ForeignKey(default=0, on_delete=django.db.models.deletion.DB_CASCADE, related_name='owned_automations', to='artifacts.entity'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='integration',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='integration',
            name='sealed_url',
            field=models.BinaryField(blank=True, default=b''),
        ),
        migrations.AddField(
            model_name='integration',
            name='slack_channel',
            field=models.CharField(blank=True, default='', max_length=80),
        ),
        migrations.AddField(
            model_name='integration',
            name='slack_team',
            field=models.CharField(blank=True, default='', max_length=80),
        ),
        migrations.AddField(
            model_name='secret',
            name='updated_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='verb',
            field=models.CharField(choices=[('user.created', 'User Created'), ('user.deleted', 'User Deleted'), ('user.changed', 'User Changed'), ('user.password_changed', 'Password Changed'), ('api_key.created', 'Api Key Created'), ('api_key.revoked', 'Api Key Revoked'), ('organization.created', 'Organization Created'), ('organization.deleted', 'Organization Deleted'), ('member.added', 'Member Added'), ('member.changed', 'Member Changed'), ('member.removed', 'Member Removed'), ('team.created', 'Team Created'), ('project.created', 'Project Created'), ('project.changed', 'Project Changed'), ('project.deleted', 'Project Deleted'), ('registry.created', 'Registry Created'), ('registry.changed', 'Registry Changed'), ('registry.deleted', 'Registry Deleted'), ('registry.alias_protected', 'Alias Protected'), ('registry.alias_unprotected', 'Alias Unprotected'), ('collection.created', 'Collection Created'), ('collection.changed', 'Collection Changed'), ('collection.deleted', 'Collection Deleted'), ('collection.tagged', 'Collection Tagged'), ('collection.untagged', 'Collection Untagged'), ('version.logged', 'Version Logged'), ('version.changed', 'Version Changed'), ('version.deleted', 'Version Deleted'), ('version.tagged', 'Version Tagged'), ('version.untagged', 'Version Untagged'), ('version.linked', 'Linked'), ('version.unlinked', 'Unlinked'), ('alias.set', 'Alias Set'), ('alias.removed', 'Alias Removed'), ('run.deleted', 'Run Deleted'), ('automation.created', 'Automation Created'), ('automation.changed', 'Automation Changed'), ('automation.deleted', 'Automation Deleted'), ('integration.created', 'Integration Created'), ('integration.deleted', 'Integration Deleted'), ('secret.created', 'Secret Created'), ('secret.replaced', 'Secret Replaced'), ('secret.deleted', 'Secret Deleted')], max_length=40),
        ),
        migrations.AddConstraint(
            model_name='automation',
            constraint=models.UniqueConstraint(condition=models.Q(('organization__isnull', False)), fields=('organization', 'name_key'), name='automation_name_once_in_an_organization'),
        ),
        migrations.AddConstraint(
            model_name='automation',
            constraint=models.UniqueConstraint(condition=models.Q(('organization__isnull', True)), fields=('owner', 'name_key'), name='automation_name_once_in_a_personal_entity'),
        ),
    ]
